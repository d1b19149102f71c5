"""Drives skylab_studio 0.0.15 through the steps of its README and every row of the protocol."""
import asyncio
import base64
import email.utils
import hashlib
import json
import os

import pyvips
from exceptions import JobNotFoundException, PhotoNotFoundException

import skylab_studio
from checks import check, equal, settings, until
from harness import (PLAIN, Receiver, api, difference, download_all, face, finished, means, name, native, new_job, new_profile, other, output, photo, picture, processed,
                     raw, send, texture)

LIMIT = 27 * 1024 * 1024
ORIGINAL = pyvips.Image.new_from_file(photo("portrait.png"))


def refused(answer, status, *words):
    """What the client gives for an error: never an exception, always message and status."""
    equal(answer.get("status"), status)
    assert set(answer) == {"message", "status"}, answer
    for word in words:
        assert word in answer["message"], answer["message"]


def raises(kind, work, *words):
    try:
        work()
    except kind as error:
        for word in words:
            assert word in str(error), str(error)
        return
    raise AssertionError("%s was not raised" % kind.__name__)


@check
def the_readme_from_profile_to_download():
    profile = api.create_profile(payload={"name": "profile name"})
    job = api.create_job({"name": name("job name"), "profile_id": profile["id"]})
    equal((job["state"], job["success"], job["status"], job["profile_id"], job["type"]), ("pending", True, "OK", str(profile["id"]), "regular"))
    uploaded = api.upload_job_photo(photo("portrait.jpg"), job["id"])
    equal((uploaded["upload_response"], uploaded["photo"]["name"], uploaded["photo"]["jobId"]), (200, "portrait.jpg", job["id"]))
    queued = api.queue_job(job["id"], {})
    assert queued["state"] in ("pending", "queued")
    equal(set(api.fetch_jobs_in_front(job["id"])), {"jobsInFront", "message"})
    done = finished(job["id"])
    equal((done["errors"], done["processed"]["total"], done["processed"]["crop"]), ([], 1, 1))
    assert done["completedAt"] > done["submittedAt"] and done["expiryDate"] > done["completedAt"]
    result, folder = download_all(done)
    equal(result, {"success_photos": ["portrait.jpg"], "errored_photos": []})
    saved = pyvips.Image.new_from_file(os.path.join(folder, "portrait.jpg"))
    # What a profile promises that says nothing but its name.
    equal((saved.width, saved.height, saved.bands), (2400, 3000, 3))
    equal(asyncio.run(api.download_photo(done["photos"][0]["id"], folder)), ("portrait.jpg", True))


@check
def profiles():
    made = api.create_profile({"name": name("p"), "description": "About."})
    expected = {
        "enableColor": True, "colorPreset": "skylab", "colorRed": 0, "colorGamma": 0, "enableCrop": True, "cropSizeX": 2400, "cropSizeY": 3000, "cropPositionX": 50, "cropPositionY": 42,
        "cropScale": 40, "enableHeadTop": False, "enableRetouch": False, "retouchPreset": "default", "enableExtract": False, "removeSpill": False, "replaceBackground": False,
        "dualFileOutput": False, "outputFileType": "png", "enableTeeth": False, "enableGlare": False, "enableBraces": False, "enableStripPngMetadata": False, "exifKeys": [], "photos": [],
        "description": "About.",
    }
    equal({key: made[key] for key in expected}, expected)
    every = {
        "enable_color": False, "color_preset": "none", "color_red": -40, "color_green": 40, "color_blue": 1, "color_density": 2, "color_contrast": 3, "color_shadow_contrast": -20,
        "color_midtone_contrast": 20, "color_highlight_contrast": 4, "color_gamma": -0.5, "color_saturation": 50, "enable_crop": False, "crop_size_x": 6400, "crop_size_y": 4218,
        "crop_position_x": 10, "crop_position_y": 90, "crop_scale": 12.5, "enable_head_top": True, "head_top_margin": 0.25, "enable_retouch": True, "enable_retouch_full_body": True,
        "enable_enhanced_retouch": True, "retouch_preset": "light", "enable_extract": True, "remove_spill": True, "turbo_spill": True, "replace_background": True, "dual_file_output": True,
        "output_file_type": "jpg", "enable_teeth": True, "enable_glare": True, "enable_glare_combo": True, "enable_braces": True, "print_crop_params": True, "print_color_params": True,
        "enable_no_image_output": True, "enable_strip_png_metadata": True, "enable_srgb_output": True, "enable_qr_code_parse": True, "exif_keys": ["Artist"],
    }
    camel = lambda text: "".join(part if at == 0 else part.capitalize() for at, part in enumerate(text.split("_")))
    changed = api.update_profile(made["id"], every)
    equal({key: changed[camel(key)] for key in every}, every)
    equal({key: api.get_profile(made["id"])[camel(key)] for key in every}, every)
    equal(api.update_profile(made["id"], {"name": "My profile"})["name"], "My profile")
    equal(api.get_profile(made["id"])["colorRed"], -40)
    equal(api.list_profiles()[0]["id"], made["id"])
    for wrong, field in [({"color_red": 41}, "color_red"), ({"color_gamma": 0.6}, "color_gamma"), ({"enable_crop": "true"}, "enable_crop"), ({"enable_crop": 1}, "enable_crop"), ({"crop_size_x": 0}, "crop_size_x"),
                         ({"crop_size_x": 6400, "crop_size_y": 6400}, "crop_size_x"), ({"output_file_type": "gif"}, "output_file_type"), ({"color_red": 1.5}, "color_red"), ({"name": ""}, "name"), ({"crop_scale": -1}, "crop_scale")]:
        refused(api.update_profile(made["id"], wrong), 422, field)
        status, body = raw("PATCH", "profiles/%d" % made["id"], wrong)
        equal((status, body["code"], list(body["errors"])), (422, 422, [field]))
    refused(api.create_profile({}), 422, "name")
    refused(api.create_profile({"description": "nameless"}), 422, "name")
    equal(api.create_profile({"name": "My profile", "unknown_field": 1})["name"], "My profile")
    refused(api.get_profile(999999999), 404)
    refused(api.get_profile("abc"), 404)
    status, gone = raw("DELETE", "profiles/%d" % made["id"], {})
    equal((status, gone["id"]), (200, made["id"]))
    refused(api.get_profile(made["id"]), 404)


@check
def jobs():
    profile = new_profile()
    made = new_job(profile)
    equal((made["photos"], made["errors"], made["photoDownloadUrls"], made["submittedAt"], made["completedAt"], made["profile"]["id"]), ([], [], {}, None, None, profile["id"]))
    nameless = api.create_job(payload={"profile_id": profile["id"]})
    assert nameless["name"] and nameless["name"] != api.create_job(payload={"profile_id": profile["id"]})["name"]
    refused(api.create_job({"name": made["name"], "profile_id": profile["id"]}), 422, "name")
    refused(api.create_job({"name": name("none")}), 422, "profile_id")
    refused(api.create_job({}), 422, "profile_id")
    refused(api.create_job({"name": name("none"), "profile_id": 999999999}), 422, "profile_id")
    refused(api.create_job({"name": name("t"), "type": "training"}), 422, "preset_type")
    refused(api.create_job({"name": name("t"), "type": "holiday", "profile_id": profile["id"]}), 422, "type")
    training = api.create_job({"name": name("training"), "type": "training", "preset_type": "color"})
    equal((training["type"], training["presetType"], training["profileId"]), ("training", "color", None))
    equal(api.get_job_by_name({"name": made["name"]})["id"], made["id"])
    refused(api.get_job_by_name({"name": "nobody's"}), 404)
    second = new_profile()
    renamed = api.update_job(made["id"], {"name": name("Zoë – été"), "profile_id": second["id"]})
    equal((renamed["profileId"], renamed["profile"]["id"], renamed["profile_id"]), (second["id"], second["id"], str(second["id"])))
    equal(api.get_job_by_name({"name": renamed["name"]})["id"], made["id"])
    refused(api.update_job(made["id"], {"profile_id": 999999999}), 422, "profile_id")
    refused(api.update_job(made["id"], {"name": nameless["name"]}), 422, "name")
    equal(api.list_jobs()[0]["id"], training["id"])
    refused(api.queue_job(made["id"], {}), 422, "photos")
    front = api.fetch_jobs_in_front(made["id"])
    assert front["jobsInFront"] == -1 and front["message"]
    equal(api.cancel_job(made["id"])["state"], "pending")
    equal(api.delete_job(made["id"])["id"], made["id"])
    for call in [api.get_job, api.cancel_job, api.delete_job, api.fetch_jobs_in_front]:
        refused(call(made["id"]), 404)
    refused(api.queue_job(made["id"]), 404)
    refused(api.update_job(made["id"], {"name": "x"}), 404)


@check
def lists_have_thirty_newest_first():
    profile = new_profile()
    made = [api.create_job({"profile_id": profile["id"]})["id"] for _ in range(33)]
    equal([job["id"] for job in api.list_jobs()], made[:-31:-1])
    status, page = raw("GET", "jobs?page=2")
    equal((status, [job["id"] for job in page][:3]), (200, made[2::-1]))
    equal(raw("GET", "jobs?page=1000"), (200, []))
    for job in made:
        api.delete_job(job)


@check
def photos():
    profile = new_profile()
    job = new_job(profile, "portrait.jpg", "Zoë été.JPG")
    listed = api.get_job_photos("id", job["id"])
    equal([one["name"] for one in listed], ["portrait.jpg", "Zoë été.JPG"])
    equal(listed, api.get_job_photos("name", job["name"]))
    equal([one["id"] for one in api.get_job_photos("id", str(job["id"]))], [one["id"] for one in api.get_job(job["id"])["photos"]])
    first = api.get_photo(listed[0]["id"])
    equal((first["jobId"], first["profileId"], first["retouchedUrl"], first["job"]["id"], first["job"]["profileId"]), (job["id"], None, "", job["id"], profile["id"]))
    assert "status" not in first and "photos" not in first["job"] and "profile" not in first["job"]
    equal((first["imageData"]["metadata"]["filename"], first["imageData"]["metadata"]["mimeType"], first["imageData"]["metadata"]["size"]), ("portrait.jpg", "image/jpeg", os.path.getsize(photo("portrait.jpg"))))
    with open(photo("portrait.jpg"), "rb") as file:
        equal(send("GET", first["originalUrl"])[2], file.read())
    # Before the job is complete there is nothing to download: the client says so for each photo.
    equal(asyncio.run(api.download_photo(first["id"], settings["folder"])), ("portrait.jpg", False))
    raises(Exception, lambda: api.upload_job_photo(photo("portrait.jpg"), job["id"]), "Unable to create the photo object")
    refused(api._create_photo({"job_id": job["id"], "name": "portrait.jpg"}), 422, "name")
    equal(api.delete_photo(first["id"])["id"], first["id"])
    refused(api.get_photo(first["id"]), 404)
    equal(send("GET", first["originalUrl"])[0], 404)
    equal([one["name"] for one in api.get_job(job["id"])["photos"]], ["Zoë été.JPG"])
    equal(api.upload_job_photo(photo("portrait.jpg"), job["id"])["upload_response"], 200)
    bare = api._create_photo({"job_id": job["id"], "name": "0f6a3c1e-uuid", "use_cache_upload": False})
    equal((bare["originalUrl"], bare["retouchedUrl"], bare["jobId"]), ("", "", job["id"]))
    for body in [{"name": "x.jpg"}, {"name": "x.jpg", "job_id": job["id"], "profile_id": profile["id"]}, {"job_id": job["id"]}, {"name": "x.jpg", "job_id": 999999999}, {"name": "x.jpg", "profile_id": 999999999}]:
        refused(api._create_photo(body), 422)
    refused(api._api_request("photos/list_for_job", "GET"), 422, "job_id")
    refused(api.get_job_photos("name", "nobody's"), 404)
    raises(JobNotFoundException, lambda: api.upload_job_photo(photo("portrait.jpg"), 999999999))
    raises(PhotoNotFoundException, lambda: asyncio.run(api.download_photo(999999999, settings["folder"])))
    raises(Exception, lambda: api.upload_job_photo(__file__, job["id"]), "Invalid file type")
    raises(Exception, lambda: api.upload_job_photo(photo("beyond.jpg"), job["id"]), "Invalid file size")
    raises(Exception, lambda: api.upload_profile_photo(photo("red.jpg"), profile["id"]), "enable_extract")


@check
def keys_and_accounts():
    nobody = skylab_studio.api(api_key="nobody")
    refused(nobody.list_jobs(), 403)
    equal(raw("GET", "jobs", key=None)[0], 401)
    profile = new_profile(enable_extract=True, replace_background=True)
    job = new_job(profile, "portrait.jpg")
    one = api.get_job(job["id"])["photos"][0]["id"]
    background = api.upload_profile_photo(photo("red.jpg"), profile["id"])["photo"]["id"]
    for call in [lambda: other.get_job(job["id"]), lambda: other.update_job(job["id"], {"name": "x"}), lambda: other.queue_job(job["id"], {}), lambda: other.cancel_job(job["id"]), lambda: other.delete_job(job["id"]),
                 lambda: other.fetch_jobs_in_front(job["id"]), lambda: other.get_profile(profile["id"]), lambda: other.update_profile(profile["id"], {"name": "x"}), lambda: other.get_photo(one),
                 lambda: other.get_photo(background), lambda: other.delete_photo(one), lambda: other.get_job_photos("id", job["id"]), lambda: other.get_job_photos("name", job["name"]),
                 lambda: other.get_job_by_name({"name": job["name"]}), lambda: other._get_upload_url({"photo_id": one, "use_cache_upload": False})]:
        refused(call(), 404)
    refused(other._create_photo({"job_id": job["id"], "name": "x.jpg"}), 422)
    refused(other.create_job({"name": "x", "profile_id": profile["id"]}), 422)
    equal((other.list_jobs(), other.list_profiles()), ([], []))
    # Names are of the account.
    own = other.create_profile({"name": "own"})
    equal(other.create_job({"name": job["name"], "profile_id": own["id"]})["name"], job["name"])


@check
def requests_of_every_shape():
    profile = new_profile()
    job = new_job(profile)
    number = job["id"]
    equal(raw("GET", "jobs/find_by_name/?name=%s" % job["name"].replace(" ", "%20"))[1]["id"], number)
    equal(raw("GET", "jobs/%d" % number, "null")[0], 200)
    equal(raw("POST", "jobs/%d/cancel" % number, "null")[0], 200)
    equal(raw("PUT", "jobs/%d" % number, {"name": name("put")})[0], 200)
    equal(raw("PUT", "profiles/%d" % profile["id"], {"color_red": 1})[1]["colorRed"], 1)
    equal(raw("GET", "jobs/%d/photo_ids" % number), (200, []))
    equal(raw("GET", "photos/list_for_job?job_id=%d" % number), (200, []))
    # The body wins over the query.
    equal(raw("GET", "photos/list_for_job?job_id=999999999", {"job_id": number}), (200, []))
    equal(raw("POST", "profiles", headers={"content-length": "0"})[0], 422)
    equal(raw("POST", "profiles", "{broken")[0], 400)
    equal(raw("GET", "nothing/at/all")[0], 404)
    status, body = raw("POST", "jobs/%d/queue" % number, "null")
    equal((status, body["code"]), (422, 422))
    assert not {"type", "job", "id"} & set(body)
    equal(raw("POST", "jobs/%d/queue" % number, {"callback_url": "no address"})[0], 422)
    created, made = raw("POST", "photos", {"name": "a.jpg", "job_id": number, "use_cache_upload": False, "path": "x", "resized": True})
    equal(created, 201)
    equal(raw("GET", "photos/upload_url?photo_id=%d&use_cache_upload=false" % made["id"])[0], 200)
    equal(raw("DELETE", "jobs/%d" % number, {})[0], 200)


@check
def uploads_are_checked():
    job = new_job(new_profile())
    made = api._create_photo({"job_id": job["id"], "name": "a.jpg"})
    with open(photo("portrait.jpg"), "rb") as file:
        data = file.read()
    md5 = base64.b64encode(hashlib.md5(data).digest()).decode()
    url = api._get_upload_url({"use_cache_upload": False, "photo_id": made["id"], "content_md5": md5})["url"]
    put = lambda data, url=url, md5=md5: send("PUT", url, data, {"content-md5": md5, "x-amz-tagging": "job=photo&api=true"})[0]
    assert url.startswith(settings["url"])
    assert put(b"other bytes") in (400, 403)
    assert put(data, md5=base64.b64encode(hashlib.md5(b"other").digest()).decode()) in (400, 403)
    equal(put(data, url=url[:-1] + ("0" if url[-1] != "0" else "1")), 403)
    equal(api.get_photo(made["id"])["originalUrl"], "")
    equal((put(data), put(data)), (200, 200))
    equal(send("GET", api.get_photo(made["id"])["originalUrl"])[2], data)
    refused(api._get_upload_url({"photo_id": made["id"], "content_md5": "short"}), 422, "content_md5")
    refused(api._get_upload_url({"use_cache_upload": False}), 422, "photo_id")
    refused(api._get_upload_url({"photo_id": 999999999}), 404)


@check
def failed_uploads_leave_nothing():
    job = new_job(new_profile())
    broken = skylab_studio.api(api_key=settings["key"])
    ask = broken._get_upload_url
    # The address is spoiled on its way: storage refuses three times, and the client takes the photo back.
    broken._get_upload_url = lambda payload: {"url": ask(payload=payload)["url"].replace("signature=", "signature=x")}
    raises(Exception, lambda: broken.upload_job_photo(photo("portrait.jpg"), job["id"]), "403")
    equal(api.get_job(job["id"])["photos"], [])
    equal(api.upload_job_photo(photo("portrait.jpg"), job["id"])["upload_response"], 200)


@check
def bodies_up_to_27_mebibytes():
    job = new_job(new_profile(), "limit.jpg")
    (one,) = api.get_job(job["id"])["photos"]
    equal(one["imageData"]["metadata"]["size"], LIMIT)
    equal(hashlib.md5(send("GET", one["originalUrl"])[2]).hexdigest(), hashlib.md5(open(photo("limit.jpg"), "rb").read()).hexdigest())
    made = api._create_photo({"job_id": job["id"], "name": "beyond.jpg"})
    with open(photo("beyond.jpg"), "rb") as file:
        data = file.read()
    url = api._get_upload_url({"photo_id": made["id"], "content_md5": base64.b64encode(hashlib.md5(data).digest()).decode()})["url"]
    status, headers, body = send("PUT", url, data, {"content-md5": base64.b64encode(hashlib.md5(data).digest()).decode()})
    equal((status, json.loads(body)["code"]), (413, 413))
    equal(api.get_photo(made["id"])["originalUrl"], "")
    api.delete_photo(made["id"])
    api.queue_job(job["id"], {})
    equal(finished(job["id"])["errors"], [])


@check
def a_profile_that_changes_nothing():
    names = ["portrait.png", "portrait.jpg", "portrait.webp", "turned.jpg", "webp-inside.png", "grey.jpg", "cmyk.jpg", "scene.jpg", "Zoë été.JPG"]
    kinds = ["png", "jpeg", "webp", "jpeg", "webp", "jpeg", "jpeg", "jpeg", "jpeg"]
    job = processed(new_profile(), *names)
    equal(list(job["photoDownloadUrls"]), names)
    for one, kind in zip(names, kinds):
        image, media = picture(job["photoDownloadUrls"][one])
        assert media == "image/" + kind or (kind == "webp" and media == "image/png"), (one, media)
        if one == "scene.jpg":
            equal((image.width, image.height), (960, 1280))
        elif one in ("grey.jpg", "cmyk.jpg"):
            equal((image.width, image.height), (ORIGINAL.width, ORIGINAL.height))
        else:
            assert difference(image, ORIGINAL) < 6, one
    result, folder = download_all(job)
    equal((sorted(result["success_photos"]), result["errored_photos"]), (sorted(names), []))
    saved = pyvips.Image.new_from_file(os.path.join(folder, "turned.jpg"))
    assert difference(saved, ORIGINAL) < 6


@check
def crops_have_exactly_their_size():
    profile = new_profile(enable_color=True, enable_crop=True, crop_size_x=300, crop_size_y=400, print_crop_params=True, print_color_params=True)
    job = processed(profile, "portrait.jpg", "wide.jpg", "turned.jpg", "red.jpg")
    for one, url in job["photoDownloadUrls"].items():
        image, _media = picture(url)
        equal((one, image.width, image.height), (one, 300, 400))
    report = api.get_photo(job["photos"][0]["id"])["imageData"]["metadata"]
    equal(set(report["cropParams"]), {"x1", "y1", "x2", "y2"})
    at, window = settings["portrait"]["face"], report["cropParams"]
    assert window["x1"] < at["cx"] < window["x2"] and window["y1"] < at["cy"] < window["y2"]
    ((_preset, values),) = report["colorParams"].items()
    assert {"red", "green", "blue", "density", "contrast", "gamma", "saturation"} <= set(values), values


@check
def colours_move_in_their_direction():
    def both(field, low, high):
        return [output(new_profile(enable_color=True, **{field: value}), "portrait.jpg") for value in (low, high)]

    less, more = both("color_red", -40, 40)
    assert means(more)[0] - means(less)[0] > 40 and abs(means(more)[2] - means(less)[2]) < 6
    grey, vivid = both("color_saturation", -50, 50)
    spread = lambda image: max(means(image)) - min(means(image))
    assert spread(grey) < 4 < 10 < spread(vivid), (spread(grey), spread(vivid))
    flat, hard = both("color_contrast", -40, 40)
    assert hard.colourspace("b-w").deviate() > 1.3 * flat.colourspace("b-w").deviate()
    dark, bright = both("color_gamma", -0.5, 0.5)
    assert bright.avg() - dark.avg() > 30
    thin, dense = both("color_density", -40, 40)
    assert thin.avg() - dense.avg() > 30
    assert difference(output(new_profile(color_red=40, color_contrast=40), "portrait.png"), ORIGINAL) < 1


@check
def skin_is_smoothed_and_the_backdrop_is_not():
    backdrop = (20, 20, 150, 150)
    at = settings["portrait"]["face"]
    cheek = [round(value) for value in (at["cx"] + at["rx"] * 0.3, at["cy"] + at["ry"] * 0.08, at["rx"] * 0.45, at["ry"] * 0.25)]
    plain, retouched = [output(new_profile(enable_retouch=on), "portrait.png") for on in (False, True)]
    assert texture(retouched, cheek) < 0.85 * texture(plain, cheek), (texture(retouched, cheek), texture(plain, cheek), texture(retouched, face()), texture(plain, face()))
    assert abs(texture(retouched, backdrop) - texture(plain, backdrop)) < 0.05 * texture(plain, backdrop)


@check
def subjects_are_cut_out():
    job = processed(new_profile(enable_extract=True), "portrait.jpg", "portrait.png")
    for one in ["portrait.jpg", "portrait.png"]:
        image, media = picture(job["photoDownloadUrls"][one])
        equal((media, image.bands, image.width, image.height), ("image/png", 4, ORIGINAL.width, ORIGINAL.height))
        assert image[3].crop(5, 5, 60, 60).avg() < 5
        assert image[3].crop(*face(0.7)).avg() > 250
    result, folder = download_all(job)
    equal((sorted(result["success_photos"]), os.listdir(folder)), (["portrait.jpg", "portrait.png"], ["portrait.png"]))


@check
def backgrounds_are_laid_under():
    profile = new_profile(enable_extract=True, replace_background=True, dual_file_output=True, output_file_type="jpg", enable_crop=True, crop_size_x=300, crop_size_y=400)
    for one in ["red.jpg", "blue.png"]:
        uploaded = api.upload_profile_photo(photo(one), profile["id"])
        equal((uploaded["upload_response"], uploaded["photo"]["jobId"], uploaded["photo"]["profileId"]), (200, None, profile["id"]))
    assert "job" not in uploaded["photo"]
    equal([one["name"] for one in api.get_profile(profile["id"])["photos"]], ["red.jpg", "blue.png"])
    equal([one["name"] for one in raw("GET", "profiles/%d/bg_photos" % profile["id"])[1]], ["red.jpg", "blue.png"])
    job = processed(profile, "portrait.jpg")
    result, folder = download_all(job)
    equal(result, {"success_photos": ["portrait.jpg"], "errored_photos": []})
    equal(sorted(os.listdir(folder)), ["portrait (2).jpg", "portrait.jpg", "portrait.png"])
    for file, colour in [("portrait.jpg", (0xC0, 0x20, 0x20)), ("portrait (2).jpg", (0x20, 0x20, 0xC0))]:
        image = pyvips.Image.new_from_file(os.path.join(folder, file))
        equal((image.width, image.height, image.bands), (300, 400, 3))
        assert all(abs(mean - wanted) < 16 for mean, wanted in zip(means(image.crop(2, 2, 20, 20)), colour)), means(image.crop(2, 2, 20, 20))
    equal(pyvips.Image.new_from_file(os.path.join(folder, "portrait.png")).bands, 4)
    # One of them taken away again, and the other options of what is written.
    api.delete_photo(api.get_profile(profile["id"])["photos"][0]["id"])
    equal([one["name"] for one in api.get_profile(profile["id"])["photos"]], ["blue.png"])
    api.update_profile(profile["id"], {"dual_file_output": False, "output_file_type": "png"})
    result, folder = download_all(api.get_job(job["id"]))
    equal(os.listdir(folder), ["portrait.png"])
    corner = pyvips.Image.new_from_file(os.path.join(folder, "portrait.png")).crop(2, 2, 20, 20)
    assert all(abs(mean - wanted) < 4 for mean, wanted in zip(means(corner), (0x20, 0x20, 0xC0))), means(corner)


@check
def what_cannot_be_processed_is_told_and_the_rest_delivered():
    receiver = Receiver()
    job = new_job(new_profile(), "portrait.jpg", "broken.jpg", "text.jpg", "long.png", "portrait.webp")
    api.queue_job(job["id"], {"callback_url": receiver.url})
    done = finished(job["id"], "error")
    equal(len(done["errors"]), 3)
    for one in ["broken.jpg", "text.jpg", "long.png"]:
        assert any(one in text for text in done["errors"]), done["errors"]
    equal(sorted(done["photoDownloadUrls"]), ["portrait.jpg", "portrait.webp"])
    assert done["completedAt"] is None
    result, _folder = download_all(done)
    equal((sorted(result["success_photos"]), sorted(result["errored_photos"])), (["portrait.jpg", "portrait.webp"], ["broken.jpg", "long.png", "text.jpg"]))
    until(lambda: receiver.states() == ["queued", "error"])
    for one in done["photos"]:
        if one["name"] not in done["photoDownloadUrls"]:
            api.delete_photo(one["id"])
    equal(api.queue_job(job["id"], {})["errors"], [])
    equal(finished(job["id"])["errors"], [])
    # Bytes that never came.
    late = api._create_photo({"job_id": job["id"], "name": "late.jpg"})
    assert "id" in late, late
    again = new_job(new_profile(), "portrait.jpg")
    api._create_photo({"job_id": again["id"], "name": "late.jpg"})
    api._create_photo({"job_id": again["id"], "name": "later.jpg"})
    equal(api.queue_job(again["id"], {"callback_url": receiver.url})["state"], "pending")
    equal(finished(again["id"], "error")["errors"], ["Missing photos: late.jpg, later.jpg"])
    until(lambda: receiver.states() == ["queued", "error", "error"])
    equal(api.cancel_job(again["id"])["state"], "pending")
    equal(api.queue_job(again["id"], {"skip_photo_validation": True})["state"], "queued")
    assert "late.jpg" in " ".join(finished(again["id"], "error")["errors"])
    receiver.close()


@check
def callbacks_verify_and_are_tried_again():
    native("PATCH", "/v1/projects/%s" % [one for one in native("GET", "/v1/projects?limit=1000")["data"] if one["name"] == "Skylab"][0]["id"], {"metadata": {}})
    receiver = Receiver(500, 302)
    job = new_job(new_profile(), "portrait.jpg", "Zoë été.JPG")
    api.queue_job(job["id"], {"callback_url": receiver.url})
    finished(job["id"])
    until(lambda: receiver.states() == ["queued", "queued", "queued", "complete"], 60)
    stamps = []
    for one in receiver.heard:
        equal((one["method"], one["path"], one["headers"]["content-type"]), ("PATCH", "/told", "application/json"))
        stamp = one["headers"]["x-skylab-timestamp"]
        assert stamp.endswith(" GMT") and email.utils.parsedate_to_datetime(stamp)
        stamps.append(stamp)
        # Nobody set a secret, so the account's key signs.
        equal(api.validate_hmac_headers(settings["key"], one["body"], stamp, one["headers"]["x-skylab-signature"]), True)
        equal(api.validate_hmac_headers(settings["otherKey"], one["body"], stamp, one["headers"]["x-skylab-signature"]), False)
    assert len(set(stamps[:3])) == 3, stamps
    told = json.loads(receiver.heard[-1]["body"])
    equal((told["id"], told["profileId"], told["errors"], sorted(told["photoDownloadUrls"])), (job["id"], job["profileId"], [], ["Zoë été.JPG", "portrait.jpg"]))
    equal(picture(told["photoDownloadUrls"]["Zoë été.JPG"])[1], "image/jpeg")
    assert "Zoë été.JPG" in receiver.heard[-1]["body"]
    project = [one for one in native("GET", "/v1/projects?limit=1000")["data"] if one["name"] == "Skylab"][0]
    log = [one for one in native("GET", "/v1/deliveries?project=%s&limit=100" % project["id"])["data"] if one["url"] == receiver.url]
    equal([(one["eventType"], one["status"], one["attempts"], one["lastStatus"]) for one in log], [("job.complete", "delivered", 1, 200), ("job.queued", "delivered", 3, 200)])
    native("PATCH", "/v1/projects/%s" % project["id"], {"metadata": {"skylabCallbackSecret": "slt-demo-secret"}})
    api.cancel_job(job["id"])
    second = new_job(new_profile(), "portrait.jpg")
    api.queue_job(second["id"], {"callback_url": receiver.url})
    until(lambda: len(receiver.heard) == 6, 60)
    for one in receiver.heard[4:]:
        equal(api.validate_hmac_headers("slt-demo-secret", one["body"], one["headers"]["x-skylab-timestamp"], one["headers"]["x-skylab-signature"]), True)
    receiver.close()


@check
def the_queue_is_kept_in_order_and_left_by_cancel():
    slow = new_profile(enable_extract=True, enable_retouch=True)
    plain = new_profile()
    ahead = [new_job(slow, *["twelve-%d.jpg" % number for number in range(1, 7)]) for _ in range(2)]
    receiver = Receiver()
    waiting = [new_job(plain, "portrait.jpg") for _ in range(3)]
    for job in ahead:
        api.queue_job(job["id"], {"callback_url": receiver.url})
    for job in waiting:
        api.queue_job(job["id"], {})
    until(lambda: all(api.get_job(job["id"])["state"] == "processing" for job in ahead))
    fronts = [api.fetch_jobs_in_front(job["id"]) for job in ahead + waiting]
    equal([one["jobsInFront"] for one in fronts], [0, 0, 0, 1, 2])
    assert all(one["message"] for one in fronts)
    for call in [lambda: api.queue_job(waiting[0]["id"], {}), lambda: api.update_job(waiting[0]["id"], {"name": "x"}), lambda: api.delete_job(waiting[0]["id"]),
                 lambda: api._create_photo({"job_id": waiting[0]["id"], "name": "x.jpg"}), lambda: api.delete_photo(api.get_job(waiting[0]["id"])["photos"][0]["id"])]:
        refused(call(), 422)
    # Out of the queue, and those behind come forward.
    equal(api.cancel_job(waiting[1]["id"])["state"], "pending")
    equal([api.fetch_jobs_in_front(job["id"])["jobsInFront"] for job in waiting], [0, -1, 1])
    api.delete_job(waiting[0]["id"])
    equal(api.cancel_job(waiting[0]["id"])["state"], "pending")
    equal(api.delete_job(waiting[0]["id"])["id"], waiting[0]["id"])
    equal(api.fetch_jobs_in_front(waiting[2]["id"])["jobsInFront"], 0)
    # While they are worked on: the work stops, and nothing of it is left.
    for job in ahead:
        stopped = api.cancel_job(job["id"])
        equal((stopped["state"], stopped["photoDownloadUrls"], stopped["errors"]), ("pending", {}, []))
    finished(waiting[2]["id"])
    equal([api.get_job(job["id"])["state"] for job in ahead + [waiting[1]]], ["pending"] * 3)
    equal(api.fetch_jobs_in_front(waiting[2]["id"])["jobsInFront"], -1)
    until(lambda: len(receiver.heard) >= 2)
    equal(receiver.states(), ["queued", "queued"])
    # What was cancelled can be queued again; what is complete cannot, nor cancelled.
    api.queue_job(waiting[1]["id"])
    done = finished(waiting[1]["id"])
    refused(api.queue_job(done["id"], {}), 422, "complete")
    refused(api.cancel_job(done["id"]), 422, "complete")
    equal(picture(done["photoDownloadUrls"]["portrait.jpg"])[1], "image/jpeg")
    receiver.close()


@check
def outputs_without_pictures():
    job = processed(new_profile(enable_no_image_output=True, print_color_params=True, enable_color=True), "portrait.jpg")
    equal((job["photoDownloadUrls"], job["photos"][0]["retouchedUrl"]), ({}, ""))
    assert job["photos"][0]["imageData"]["metadata"]["colorParams"]
