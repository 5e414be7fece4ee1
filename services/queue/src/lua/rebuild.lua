-- One step of building a room from PostgreSQL. `begin` takes everything away, so that until `finish` sets the epoch all
-- other scripts answer MISSING. Who begins owns the room for 3 s after each step; another may take over after that, and
-- the first then learns that it has been SUPERSEDED.
-- ARGV: step, builder's id, epoch, then of the step:
--   begin:  -
--   places: user, digest, sequence, deadline (0: waiting) … ; who waits counts as seen now
--   admissions: sequence, when (ms) …
--   finish: version, maxActive, admitPerSecond, paused, lastAdmitted, drawn (0/1)
local now = now_ms()
local step, builder, epoch = ARGV[1], ARGV[2], ARGV[3]
if step == 'begin' then
  local fields = redis.call('HMGET', ROOM, 'epoch', 'builder', 'builtAt')
  if fields[1] == epoch then return { 'DONE' } end
  if fields[2] and now - tonumber(fields[3]) < 3000 then return { 'BUSY' } end
  -- PREDICTIONS and ESTIMATES stay, since they do not depend on the order.
  redis.call('UNLINK', ROOM, WAITING, ACTIVE, SEEN, TOKENS, ADMISSIONS)
elseif redis.call('HGET', ROOM, 'builder') ~= builder then
  return { 'SUPERSEDED' }
end
redis.call('HSET', ROOM, 'builder', builder, 'builtAt', now)
if step == 'places' then
  -- One command a key for all of them: a call for each place cost twice the time.
  local fields = { [TOKENS] = {}, [ACTIVE] = {}, [WAITING] = {}, [SEEN] = {} }
  local function put(key, first, second)
    local list = fields[key]
    list[#list + 1] = first
    list[#list + 1] = second
  end
  for i = 4, #ARGV, 4 do
    local user, sequence, deadline = ARGV[i], ARGV[i + 2], tonumber(ARGV[i + 3])
    put(TOKENS, user, token_record(ARGV[i + 1], tonumber(sequence), now))
    if deadline > 0 then
      put(ACTIVE, deadline, user)
    else
      put(WAITING, sequence, user)
      put(SEEN, now, user)
    end
  end
  for key, list in pairs(fields) do
    if #list > 0 then redis.call(key == TOKENS and 'HSET' or 'ZADD', key, unpack(list)) end
  end
elseif step == 'admissions' then
  for i = 4, #ARGV, 2 do
    redis.call('ZADD', ADMISSIONS, ARGV[i + 1], ARGV[i])
  end
elseif step == 'finish' then
  redis.call('HDEL', ROOM, 'builder', 'builtAt')
  redis.call('HSET', ROOM, 'epoch', epoch, 'version', ARGV[4], 'maxActive', ARGV[5])
  redis.call('HSET', ROOM, 'admitPerSecond', ARGV[6], 'paused', ARGV[7], 'lastAdmitted', ARGV[8],
    'drawn', ARGV[9])
end
return { 'OK' }
