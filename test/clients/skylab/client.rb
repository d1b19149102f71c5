# Drives the Ruby client, skylab_studio 1.0.9.
require 'skylab_studio'
require 'json'
require 'securerandom'
require 'socket'
require 'tmpdir'

SETTINGS = JSON.parse(ARGV.last)
PLAIN = { enable_color: false, enable_crop: false }.freeze

def client(key)
  SkylabStudio::Client.new(api_key: key, protocol: 'http', host: SETTINGS['host'], port: SETTINGS['port'], debug: false)
end

API = client(SETTINGS['key'])

def check(name)
  yield
  puts "PASS #{name}"
rescue Exception => e
  puts "FAIL #{name} #{JSON.generate([e.class, e.message, e.backtrace.first(4)])}"
ensure
  $stdout.flush
end

def equal(actual, expected)
  raise "#{actual.inspect} is not #{expected.inspect}" unless actual == expected
end

def raises(kind)
  yield
rescue kind => e
  e
else
  raise "#{kind} was not raised"
end

def photo(name)
  File.join(SETTINGS['photos'], name)
end

def new_name
  "ruby #{SecureRandom.uuid}"
end

def finished(id)
  600.times do
    job = API.get_job(id)
    return job if job['state'] == 'complete'
    raise job['errors'].inspect if job['state'] == 'error'

    sleep 0.2
  end
  raise "The job #{id} did not end."
end

# The finished job of these photos, and the folder that they were downloaded to.
def processed(profile, names, queueing = {})
  job = API.create_job(name: new_name, profile_id: profile['id'])
  names.each { |name| equal(API.upload_job_photo(photo(name), job['id'])[:upload_response], 200) }
  API.queue_job({ id: job['id'] }.merge(queueing))
  done = finished(job['id'])
  folder = Dir.mktmpdir('ruby-', SETTINGS['folder'])
  result = API.download_all_photos(done['photos'], done['profile'], folder)
  equal([result[:success_photos].length, result[:errored_photos]], [names.length, []])
  [done, folder]
end

check 'profiles and jobs' do
  profile = API.create_profile({ name: new_name }.merge(PLAIN))
  equal(API.get_profile(profile['id'])['enableCrop'], false)
  equal(API.update_profile(profile['id'], { color_red: 3, description: 'Zoë' })['colorRed'], 3)
  equal(API.list_profiles[0]['id'], profile['id'])
  job = API.create_job(name: new_name, profile_id: profile['id'])
  equal(API.get_job_by_name(name: job['name'])['id'], job['id'])
  equal(API.update_job(job['id'], { name: "#{job['name']} b" })['name'], "#{job['name']} b")
  equal(API.fetch_jobs_in_front(job['id'])['jobsInFront'], -1)
  equal(API.cancel_job(job['id'])['state'], 'pending')
  equal(API.list_jobs[0]['id'], job['id'])
  equal(API.delete_job(job['id'])['id'], job['id'])
  raises(SkylabStudio::ClientInvalidEndpoint) { API.get_job(job['id']) }
end

check 'photos come back as files of their names' do
  profile = API.create_profile({ name: new_name }.merge(PLAIN))
  done, folder = processed(profile, ['portrait.jpg', 'portrait.png', 'portrait.webp'])
  # The client appends the ending of a name once more.
  equal(Dir.children(folder).sort, ['portrait.jpg.jpg', 'portrait.png.png', 'portrait.webp.webp'])
  equal(API.get_job_photos(done['id']).map { |one| one['job']['profileId'] }, [profile['id']] * 3)
  before = Vips::Image.new_from_file(photo('portrait.png'))
  Dir.children(folder).each do |name|
    after = Vips::Image.new_from_file(File.join(folder, name))
    equal([after.width, after.height], [before.width, before.height])
    off = (after.extract_band(0, n: 3).cast(:float) - before.extract_band(0, n: 3)).abs.avg
    raise "#{name} is #{off} off" unless off < 6
  end
end

check 'crops, cut-outs and backgrounds' do
  profile = API.create_profile(name: new_name, enable_color: false, crop_size_x: 300, crop_size_y: 400, enable_extract: true, replace_background: true, dual_file_output: true, output_file_type: 'jpg')
  ['red.jpg', 'blue.png'].each { |name| equal(API.upload_profile_photo(photo(name), profile['id'])[:upload_response], 200) }
  _done, folder = processed(profile, ['portrait.jpg'])
  equal(Dir.children(folder).sort, ['portrait.jpg (2).jpg', 'portrait.jpg.jpg', 'portrait.jpg.png'])
  cut = Vips::Image.new_from_file(File.join(folder, 'portrait.jpg.png'))
  equal([cut.width, cut.height, cut.bands], [300, 400, 4])
  raise 'the backdrop is still there' unless cut.extract_band(3).crop(5, 5, 20, 20).avg < 5
  { 'portrait.jpg.jpg' => [0xC0, 0x20, 0x20], 'portrait.jpg (2).jpg' => [0x20, 0x20, 0xC0] }.each do |name, colour|
    corner = Vips::Image.new_from_file(File.join(folder, name)).crop(2, 2, 20, 20)
    3.times { |band| raise "#{name} has another background" unless (corner.extract_band(band).avg - colour[band]).abs < 16 }
  end
end

check 'errors, and photos taken away' do
  raises(SkylabStudio::ClientInvalidKey) { client('nobody').list_jobs }
  raises(SkylabStudio::ClientUnknownError) { API.create_profile(name: '') }
  raises(SkylabStudio::ClientUnknownError) { API.upload_profile_photo(photo('red.jpg'), 999_999_999) }
  profile = API.create_profile({ name: new_name }.merge(PLAIN))
  job = API.create_job(name: new_name, profile_id: profile['id'])
  made = API.upload_job_photo(photo('portrait.jpg'), job['id'])[:photo]
  equal(API.get_photo(made['id'])['job']['profileId'], profile['id'])
  error = raises(RuntimeError) { API.download_photo(made['id'], SETTINGS['folder']) }
  raise error.message unless error.message.include?('ensure the job is complete')
  equal(API.delete_photo(made['id'])['id'], made['id'])
  raises(SkylabStudio::ClientInvalidEndpoint) { API.get_photo(made['id']) }
end

# Hears so many PATCH requests: their headers and bodies.
def hear(count)
  server = TCPServer.new('127.0.0.1', 0)
  heard = Thread.new do
    Array.new(count) do
      socket = server.accept
      line = socket.gets
      headers = {}
      while (header = socket.gets.chomp) != ''
        key, value = header.split(': ', 2)
        headers[key.downcase] = value
      end
      body = socket.read(headers['content-length'].to_i).force_encoding('utf-8')
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
      socket.close
      [line.split.first, headers, body]
    end
  end
  yield "http://127.0.0.1:#{server.addr[1]}/"
  raise 'the callbacks did not come' unless heard.join(60)

  heard.value
end

check 'callbacks verify' do
  heard = hear(2) { |url| processed(API.create_profile({ name: new_name }.merge(PLAIN)), ['portrait.jpg'], { callback_url: url }) }
  equal(heard.map { |method, _headers, body| [method, JSON.parse(body)['state']] }, [%w[PATCH queued], %w[PATCH complete]])
  heard.each { |_method, headers, body| equal(API.validate_hmac_headers(SETTINGS['secret'], body, headers['x-skylab-timestamp'], headers['x-skylab-signature']), true) }
end
