-- An id such as contract/src/ids.ts makes: UUIDv7 whose last 32 bits are the FNV-1a sum of the first 96. For statements that make rows of
-- rows; those of one millisecond are in no special order.
create function fovea_new_id() returns uuid language plpgsql volatile parallel safe as $$
declare
  b bytea := overlay(uuid_send(gen_random_uuid()) placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6);
begin
  b := set_byte(b, 6, (get_byte(b, 6) & 15) | 112);
  return encode(overlay(b placing substring(int8send(
    ((((((((((((((((((((((((((((((((((((2166136261::bigint # get_byte(b, 0)) * 16777619) & 4294967295) # get_byte(b, 1)) * 16777619) & 4294967295) # get_byte(b, 2)) * 16777619) & 4294967295) # get_byte(b, 3)) * 16777619) & 4294967295) # get_byte(b, 4)) * 16777619) & 4294967295) # get_byte(b, 5)) * 16777619) & 4294967295) # get_byte(b, 6)) * 16777619) & 4294967295) # get_byte(b, 7)) * 16777619) & 4294967295) # get_byte(b, 8)) * 16777619) & 4294967295) # get_byte(b, 9)) * 16777619) & 4294967295) # get_byte(b, 10)) * 16777619) & 4294967295) # get_byte(b, 11)) * 16777619) & 4294967295)
  ) from 5) from 13 for 4), 'hex')::uuid;
end $$;
