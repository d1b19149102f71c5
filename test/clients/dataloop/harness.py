"""What the programs that drive dtlpy share: the client pointed at the platform and logged in, and files to send."""
import logging
import os
import tempfile
import threading
import warnings

warnings.filterwarnings("ignore")
home = tempfile.mkdtemp(prefix="dtlpy-")
os.environ["DATALOOP_PATH"] = os.path.join(home, "state")
os.chdir(home)

import numpy  # noqa: E402
from PIL import Image  # noqa: E402
import dtlpy as dl  # noqa: E402
from dtlpy.services.cookie import CookieIO  # noqa: E402
from checks import check, equal, settings, until  # noqa: E402,F401

logging.getLogger("dtlpy").setLevel(logging.CRITICAL)
dl.verbose.disable_progress_bar = True
ROOT = settings["url"] + "/dataloop/api/v1"
GATE = settings["url"] + "/dataloop"
MARK = settings["mark"]
# The client of the guide, which has no such log-in.
OLD = not hasattr(dl, "login_api_key")

# The client keeps its settings in one file, and a thread of its own that looks for news of the client writes there what it read before: now and
# then the environment and the mode of attributes were lost. Whoever opens the file while another empties it to write takes it for a new one, and
# empties it for good. One at a time nothing is lost.
_one_at_a_time = threading.RLock()


def _alone(method):
    def work(*args, **kwargs):
        with _one_at_a_time:
            return method(*args, **kwargs)

    return work


CookieIO.put, CookieIO.create = _alone(CookieIO.put), _alone(CookieIO.create)


def connect(token=None):
    """The client as its documentation says for a platform of one's own; nothing of it is changed."""
    if hasattr(dl, "add_environment"):
        dl.add_environment(environment=ROOT, gate_url=GATE, url=GATE + "/", alias="fovea", verify_ssl=False)
    dl.setenv("fovea")
    (dl.login_token if OLD else dl.login_api_key)(token or settings["token"])


def picture(name, size=(200, 150), color=(10, 120, 200)):
    """A picture of noise, so that no two are alike; gives its path."""
    path = os.path.join(home, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    noise = numpy.random.default_rng(abs(hash((name, color))) % 2**32).integers(0, 60, (size[1], size[0], 3))
    Image.fromarray(numpy.clip(noise + numpy.array(color), 0, 255).astype("uint8")).save(path)
    return path


def refused(status, work):
    """The client's exception for a status; fails when there is none."""
    try:
        work()
    except Exception as error:
        equal(str(getattr(error, "status_code", error)), str(status))
        return error
    raise AssertionError("nothing was refused")


def names(items):
    return sorted(item.filename for item in items.all())
