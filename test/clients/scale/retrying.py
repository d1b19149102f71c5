"""Creates tasks by eight threads while the server dies under them; each thread tries again as customers do, and takes a refusal of its own id for success."""
import concurrent.futures
import json
import sys
import time

import requests
import scaleapi
from scaleapi.exceptions import ScaleDuplicateResource, ScaleException
from scaleapi.tasks import TaskType

settings = json.loads(sys.argv[-1])


def client():
    return scaleapi.ScaleClient(settings["key"], api_instance_url=settings["url"] + "/scale/v1")


def create(number):
    deadline = time.time() + 120
    while True:
        try:
            task = client().create_task(TaskType.ImageAnnotation, project="Killed", batch="Killed", unique_id="killed %d" % number, attachment="https://example.invalid/a.png", metadata={"number": number})
            outcome = ["created", task.id]
            break
        except ScaleDuplicateResource as error:
            outcome = ["made before", error.message.split("(")[-1].rstrip(").")]
            break
        except (ScaleException, requests.RequestException):
            assert time.time() < deadline, "waited in vain"
            time.sleep(0.1)
    print(number, flush=True)
    return outcome


with concurrent.futures.ThreadPoolExecutor(8) as pool:
    outcomes = list(pool.map(create, range(settings["count"])))
listed = {task.unique_id: task for task in client().get_tasks(project_name="Killed")}
print(json.dumps({"outcomes": outcomes, "listed": {unique_id: [task.id, task.metadata["number"], task.status, task.batch] for unique_id, task in listed.items()}, "total": client().tasks(limit=1).total}))
