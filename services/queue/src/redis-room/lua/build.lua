-- One step of building a room from PostgreSQL. `begin` takes everything away, so that until `finish` sets the version all other
-- scripts answer MISSING. Who begins owns the room for 3 s after each step; another may take over after that, and the first then
-- learns that it has been SUPERSEDED.
-- ARGV: step, builder's id, source, then of the step:
--   begin:  the lowest version that need not be built anew
--   places: user, digest, sequence, seen at (who waits, else 0), deadline, show up by (who is ACTIVE, else 0) …
--   admissions: sequence, when (ms) …
--   finish: version, maxActive, admitPerSecond, paused, lastAdmitted
-- Reply: OK | SUPERSEDED; of `begin` also BUSY, or DONE where there is nothing to build
local now = now_ms()
local step, builder, source = ARGV[1], ARGV[2], ARGV[3]
if step == 'begin' then
  local room = read_room(source)
  if room and room.version >= tonumber(ARGV[4]) then return { 'DONE' } end
  local fields = redis.call('HMGET', ROOM, 'builder', 'builtAt')
  if fields[1] and now - tonumber(fields[2]) < 3000 then return { 'BUSY' } end
  -- PREDICTIONS and ESTIMATES stay, since they do not depend on the order.
  redis.call('UNLINK', ROOM, WAITING, ACTIVE, UNSEEN, SEEN, TOKENS, ADMISSIONS)
elseif redis.call('HGET', ROOM, 'builder') ~= builder then
  return { 'SUPERSEDED' }
end
redis.call('HSET', ROOM, 'builder', builder, 'builtAt', now)
if step == 'places' then
  -- One command a key for all of them: a call for each place cost twice the time.
  local fields = { [TOKENS] = {}, [ACTIVE] = {}, [UNSEEN] = {}, [WAITING] = {}, [SEEN] = {} }
  local function put(key, first, second)
    local list = fields[key]
    list[#list + 1] = first
    list[#list + 1] = second
  end
  for i = 4, #ARGV, 6 do
    local user, sequence, seen_at, deadline, show_up_by = ARGV[i], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4], ARGV[i + 5]
    put(TOKENS, user, ARGV[i + 1] .. ':' .. sequence)
    if deadline == '0' then
      put(WAITING, sequence, user)
      put(SEEN, seen_at, user)
    else
      put(ACTIVE, deadline, user)
      if show_up_by ~= '0' then put(UNSEEN, show_up_by, user) end
    end
  end
  for key, list in pairs(fields) do
    if #list > 0 then redis.call(key == TOKENS and 'HSET' or 'ZADD', key, unpack(list)) end
  end
elseif step == 'admissions' then
  for i = 4, #ARGV, 2 do redis.call('ZADD', ADMISSIONS, ARGV[i + 1], ARGV[i]) end
elseif step == 'finish' then
  redis.call('HDEL', ROOM, 'builder', 'builtAt')
  redis.call('HSET', ROOM, 'source', source, 'version', ARGV[4], 'maxActive', ARGV[5], 'admitPerSecond', ARGV[6], 'paused', ARGV[7],
    'lastAdmitted', ARGV[8])
end
return { 'OK' }
