-- Takes a place out of the room. Only up to the given sequence: a place taken later is another one.
-- ARGV: epoch, user, sequence
local room = read_room(ARGV[1])
if not room then return { 'MISSING' } end
local token = read_token(ARGV[2])
if token and token.sequence <= tonumber(ARGV[3]) then remove(ARGV[2]) end
return { 'OK', now_ms() }
