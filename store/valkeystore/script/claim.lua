-- ARGV: 3 the slot, 4 the token that its writer saw there, 5 the new token, 6 the
-- end of its lease.
local probe = 'p' .. ARGV[3] .. '.'
if text(probe .. 'token') ~= ARGV[4] then return answer(0) end
begin()
say(probe .. 'token', ARGV[5])
put(probe .. 'end_ms', ARGV[6])
return made()
