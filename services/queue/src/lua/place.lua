-- Where people stand. Many are asked for at once: a crowd's polls share a call (waiting-rooms.ts).
-- ARGV: epoch, then of each: user, digest (empty: any token will do), after how long to note anew that the user was seen (ms;
--       0: never, since the user does not ask)
-- Reply: OK, then of each a place_of, or { UNKNOWN | REISSUED, now }
local now = now_ms()
local room = read_room(ARGV[1])
if not room then return { 'MISSING' } end

-- SEEN holds only people who wait. It is read before it is written, because a read costs a fraction of a write, which goes to the
-- append-only file too.
local function note_seen(user, after)
  if after == 0 then return end
  local seen = tonumber(redis.call('ZSCORE', SEEN, user))
  if seen and seen <= now - after then redis.call('ZADD', SEEN, now, user) end
end

local reply = { 'OK' }
for i = 2, #ARGV, 3 do
  local user, digest = ARGV[i], ARGV[i + 1]
  local token = read_token(user)
  if not token then
    reply[#reply + 1] = { 'UNKNOWN', now }
  elseif digest ~= '' and token.digest ~= digest then
    reply[#reply + 1] = { 'REISSUED', now }
  else
    note_seen(user, tonumber(ARGV[i + 2]))
    reply[#reply + 1] = place_of(room, now, user, token)
  end
end
return reply
