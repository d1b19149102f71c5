"""The published walkthrough and what lies beside it, by the Python client of a checkout. Each function is a check."""
import json
import os
import subprocess
import sys
import threading
from datetime import datetime, timedelta

from checks import check, equal, settings, until
from voxel51.apps.api import ApplicationAPI
from voxel51.users.api import API, APIError
from voxel51.users.jobs import JobComputeMode, JobRequest
from voxel51.users.query import AnalyticsQuery, DataQuery, JobsQuery

ANALYTIC = "voxel51/vehicle-sense"
video = settings["video"]
api = API.from_json(settings["token"])
other = API.from_json(settings["otherToken"])


def request_for(data_id, compute_mode=None):
    request = JobRequest(ANALYTIC, compute_mode=compute_mode)
    request.set_input("video", data_id=data_id)
    request.set_parameter("accel", 1.0)
    return request


def refused(code, work):
    try:
        work()
    except APIError as error:
        assert str(error).startswith(str(code)), error
        return
    raise AssertionError("nothing was refused")


@check
def empty_lists():
    assert any(one["name"] == ANALYTIC for one in api.list_analytics())
    equal(api.list_data(), [])
    equal(api.list_jobs(), [])


@check
def upload_query_newest_first():
    first = api.upload_data(video)["id"]
    second = api.upload_data(video)["id"]
    query = DataQuery()
    query.add_field("id")
    query.add_search("name", os.path.basename(video))
    query.sort_by("upload_date", descending=True)
    equal([row["id"] for row in api.query_data(query)["data"]], [second, first])


@check
def expiration():
    data_id = api.upload_data(video, ttl=datetime.today() + timedelta(days=3))["id"]
    query = DataQuery()
    query.add_fields(["id", "name", "expiration_date"])
    query.add_search("id", data_id)
    before = api.query_data(query)["data"][0]["expiration_date"]
    api.update_data_ttl(data_id, days=5)
    after = api.query_data(query)["data"][0]["expiration_date"]
    days = datetime.strptime(after[:19], "%Y-%m-%dT%H:%M:%S") - datetime.strptime(before[:19], "%Y-%m-%dT%H:%M:%S")
    equal(days, timedelta(days=5))
    api.update_data_ttl(data_id, days=-10)
    equal(api.query_data(query)["data"], [])


@check
def download_and_delete():
    data_id = api.list_data()[0]["id"]
    path = os.path.join(settings["folder"], "again.mp4")
    api.download_data(data_id, path)
    equal(open(path, "rb").read(), open(video, "rb").read())
    assert api.get_data_download_url(data_id).startswith("http")
    api.delete_data(data_id)
    refused(404, lambda: api.get_data_details(data_id))


@check
def analytics():
    equal(len([one for one in api.list_analytics() if one["name"] == ANALYTIC]), 1)
    assert len([one for one in api.list_analytics(all_versions=True) if one["name"] == ANALYTIC]) > 1
    query = AnalyticsQuery()
    query.add_field("id")
    query.add_search("name", ANALYTIC)
    analytic_id = api.query_analytics(query)["analytics"][0]["id"]
    equal(api.get_analytic_id(ANALYTIC), analytic_id)
    assert api.get_analytic_id(ANALYTIC, version="0.1") != analytic_id
    equal(api.get_analytic_details(analytic_id)["name"], ANALYTIC)
    doc = api.get_analytic_doc(analytic_id)
    equal([doc["inputs"][0]["name"], doc["parameters"][0]["name"], len(doc["outputs"])], ["video", "accel", 1])


@check
def jobs():
    data_id = api.upload_data(video)["id"]
    job = api.upload_job_request(request_for(data_id), "your-job-name")
    equal(api.get_job_state(job_id=job["id"]), "READY")
    equal(api.get_job_request(job["id"]).analytic, ANALYTIC)
    api.start_job(job["id"])
    api.upload_job_request(request_for(data_id), "auto-start-me", auto_start=True)
    gpu = api.upload_job_request(request_for(data_id, JobComputeMode.GPU), "GPUjob")
    query = JobsQuery()
    query.add_fields(["name", "state"])
    query.sort_by("state", descending=False)
    states = [row["state"] for row in api.query_jobs(query)["jobs"]]
    equal(states, sorted(states))
    equal(len(api.list_jobs()), 3)
    api.delete_job(gpu["id"])
    equal(len(api.list_jobs()), 2)


@check
def workflow():
    data_id = api.upload_data(video)["id"]
    job_id = api.upload_job_request(request_for(data_id), "jobName", auto_start=True)["id"]
    api.wait_until_job_completes(job_id)
    path = os.path.join(settings["folder"], "labels.json")
    api.download_job_output(job_id, path)
    assert "frames" in json.load(open(path))
    equal(api.get_job_status(job_id)["state"], "COMPLETE")
    refused(403, lambda: api.download_job_logfile(job_id, path + ".log"))
    api.archive_job(job_id)
    assert job_id not in [job["id"] for job in api.list_jobs()]
    api.unarchive_job(job_id)
    api.update_job_ttl(job_id, days=-9)
    assert api.is_job_expired(job_id=job_id)


@check
def in_parallel():
    outputs = []

    def one(number):
        client = API.from_json(settings["token"])
        data_id = client.upload_data(video)["id"]
        job_id = client.upload_job_request(request_for(data_id), "parallel", auto_start=True)["id"]
        client.wait_until_job_completes(job_id, sleep_time=0.5)
        path = os.path.join(settings["folder"], "labels-%d.json" % number)
        client.download_job_output(job_id, path)
        outputs.append(json.load(open(path)))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    equal(len(outputs), 4)


@check
def batches():
    ids = [api.upload_data(video)["id"] for _ in range(2)]
    details = api.batch_get_data_details(ids + ["nothing"])
    equal([details[ids[0]]["success"], details["nothing"]["success"], details["nothing"]["error"]["code"]], [True, False, 404])
    assert all(one["success"] for one in api.batch_update_data_ttl(ids, days=2).values())
    assert all(one["success"] for one in api.batch_delete_data(ids).values())


@check
def own_analytic():
    path = os.path.join(settings["folder"], "analytic.json")
    output = {"name": "labels", "type": "types.VideoLabels", "description": "", "filename": "labels.json", "post_as_data": False, "schema": None}
    document = {
        "info": {"name": "Mine", "version": "1.0", "description": "d", "supports_cpu": True, "supports_gpu": False},
        "inputs": [{"name": "video", "type": "types.Video", "description": "", "required": True}],
        "parameters": [],
        "outputs": [output],
        "zip_outputs": False,
    }
    json.dump(document, open(path, "w"))
    analytic = api.upload_analytic(path)
    equal([analytic["pending"], analytic["scope"]], [True, "user"])
    refused(409, lambda: api.upload_analytic(path))
    api.upload_analytic_image(analytic["id"], settings["image"], "cpu")
    equal(api.get_analytic_details(analytic["id"])["pending"], False)
    api.delete_analytic(analytic["id"])
    refused(404, lambda: api.get_analytic_details(analytic["id"]))


@check
def errors_and_strangers():
    data_id = api.upload_data(video)["id"]
    refused(404, lambda: other.get_data_details(data_id))
    equal(other.list_data(), [])
    equal(other.list_jobs(), [])
    refused(404, lambda: other.upload_job_request(request_for(data_id), "stolen"))


@check
def applications():
    app = ApplicationAPI.from_json(settings["token"])
    app.create_user("ann")
    assert "ann" in app.list_users()
    app.with_user("ann")
    data_id = app.upload_data(video)["id"]
    equal([row["id"] for row in app.list_data()], [data_id])
    app.exit_user()
    query = DataQuery()
    query.add_field("id")
    equal([row["id"] for row in app.query_application_data(query)["data"]], [data_id])
    assert any(one["name"] == ANALYTIC for one in app.list_analytics())
    assert app.get_platform_status()["platform"]["operational"]


@check
def command_line():
    env = dict(os.environ, VOXEL51_API_TOKEN=settings["token"])
    program = [sys.executable, "-c", "from voxel51.cli.cli import main; main()"]

    def run(*words):
        done = subprocess.run(program + list(words), env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        text = done.stdout.decode()
        equal([words, done.returncode, "" if done.returncode == 0 else text], [words, 0, ""])
        return text

    assert "vehicle-sense" in run("analytics", "list")
    run("data", "list", "--count")
    run("jobs", "list")
    assert "platform" in run("status").lower()
    data_id = api.list_data()[0]["id"]
    assert data_id in run("data", "info", data_id)
    run("data", "delete", data_id, "--force")
    until(lambda: data_id not in [row["id"] for row in api.list_data()])
