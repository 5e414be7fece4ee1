-- Where people stand. Many are asked for at once: a crowd's polls share a call (waiting-rooms.ts).
-- ARGV: epoch, then of each: user, digest (empty: whatever the token is), whether to note that the user was seen (0/1)
-- Reply: OK, then of each a place_of, or { UNKNOWN | REISSUED, now }
local now = now_ms()
local room = read_room(ARGV[1])
if not room then return { 'MISSING' } end
local reply = { 'OK' }
for i = 2, #ARGV, 3 do
  local user, digest = ARGV[i], ARGV[i + 1]
  local token = read_token(user)
  if not token then
    reply[#reply + 1] = { 'UNKNOWN', now }
  elseif digest ~= '' and token.digest ~= digest then
    reply[#reply + 1] = { 'REISSUED', now }
  else
    -- XX: only who waits is in that set.
    if ARGV[i + 2] == '1' then redis.call('ZADD', SEEN, 'XX', now, user) end
    reply[#reply + 1] = place_of(room, now, user, token)
  end
end
return reply
