-- Where a user stands. An empty digest asks for the user's place whatever its token.
-- ARGV: epoch, user, digest, whether to note that the user was seen (0/1)
local now = now_ms()
local room = read_room(ARGV[1])
if not room then return { 'MISSING' } end
local token = read_token(ARGV[2])
if not token then return { 'UNKNOWN', now } end
if ARGV[3] ~= '' and token.digest ~= ARGV[3] then return { 'REISSUED', now } end
-- XX: only who waits is in that set.
if ARGV[4] == '1' then redis.call('ZADD', SEEN, 'XX', now, ARGV[2]) end
return place_of(room, now, ARGV[2], token)
