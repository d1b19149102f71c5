<?php
// Drives the PHP client, skylab/studio 0.0.2. It has no downloads, no backgrounds and no check of callbacks.
$settings = json_decode(end($argv));
require $settings->client . '/src/SkylabStudio.php';

$api = new Skylab\Studio\SkylabStudio($settings->key);
const PLAIN = ['enable_color' => false, 'enable_crop' => false];

/** The client prints what it does without an end of the line. */
function check(string $name, callable $work): void
{
    try {
        $work();
        echo "\nPASS $name\n";
    } catch (Throwable $error) {
        echo "\nFAIL $name " . json_encode((string) $error) . "\n";
    }
}

function equal(mixed $actual, mixed $expected): void
{
    if ($actual !== $expected) throw new Exception(json_encode($actual) . ' is not ' . json_encode($expected));
}

function newName(): string
{
    return 'php ' . bin2hex(random_bytes(8));
}

function finished(object $api, int $id): object
{
    for ($attempt = 0; $attempt < 600; $attempt++) {
        $job = $api->getJob($id);
        if ($job->state === 'complete') return $job;
        if ($job->state === 'error') throw new Exception(json_encode($job->errors));
        usleep(200_000);
    }
    throw new Exception("The job $id did not end.");
}

check('profiles and jobs', function () use ($api) {
    $profile = $api->createProfile(['name' => newName(), ...PLAIN]);
    equal($api->getProfile($profile->id)->enableCrop, false);
    $changed = $api->updateProfile($profile->id, ['color_red' => 3, 'description' => 'Zoë']);
    equal([$changed->colorRed, $changed->description], [3, 'Zoë']);
    equal($api->listProfiles()[0]->id, $profile->id);
    $job = $api->createJob(['name' => bin2hex(random_bytes(8)), 'profile_id' => $profile->id]);
    equal($api->getJobByName($job->name)->id, $job->id);
    equal($api->updateJob($job->id, ['name' => newName(), 'profile_id' => $profile->id])->profile->id, $profile->id);
    equal($api->getJobsInFront($job->id)->jobsInFront, -1);
    equal($api->cancelJob($job->id)->state, 'pending');
    equal($api->listJobs()[0]->id, $job->id);
    equal($api->deleteJob($job->id)->id, $job->id);
    equal($api->getJob($job->id)['status'], 404);
});

check('photos go up, are processed and come back', function () use ($api, $settings) {
    $profile = $api->createProfile(['name' => newName(), 'enable_color' => false, 'crop_size_x' => 300, 'crop_size_y' => 400]);
    $job = $api->createJob(['name' => newName(), 'profile_id' => $profile->id]);
    foreach (['portrait.jpg' => 'image/jpeg', 'portrait.png' => 'image/png', 'portrait.webp' => 'image/webp'] as $name => $type) {
        equal($api->uploadJobPhoto("$settings->photos/$name", $job->id)['upload_response'], 200);
    }
    equal($api->queueJob($job->id)->id, $job->id);
    $done = finished($api, $job->id);
    equal(array_map(fn ($photo) => $photo->name, $done->photos), ['portrait.jpg', 'portrait.png', 'portrait.webp']);
    foreach ($done->photos as $photo) {
        [$width, $height] = getimagesizefromstring(file_get_contents($api->getPhoto($photo->id)->retouchedUrl));
        equal([$width, $height], [300, 400]);
    }
});

check('errors, and photos taken away', function () use ($api, $settings) {
    equal((new Skylab\Studio\SkylabStudio('nobody'))->listJobs()['status'], 403);
    equal($api->createProfile(['description' => 'nameless'])['status'], 422);
    $profile = $api->createProfile(['name' => newName(), ...PLAIN]);
    $job = $api->createJob(['name' => newName(), 'profile_id' => $profile->id]);
    $made = $api->uploadJobPhoto("$settings->photos/portrait.jpg", $job->id)['photo'];
    equal($api->getPhoto($made->id)->job->profileId, $profile->id);
    equal($api->deletePhoto($made->id)->id, $made->id);
    equal($api->getPhoto($made->id)['status'], 404);
});
