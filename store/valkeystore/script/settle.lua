-- ARGV: 3 the slot, 4 the token of its holder, 5 the counter of the outcome.
local probe = 'p' .. ARGV[3] .. '.'
if text(probe .. 'token') ~= ARGV[4] then return answer(0) end
begin()
if ARGV[5] ~= '' then
  redis.call('HINCRBY', key, ARGV[5], 1)
end
drop('^p' .. ARGV[3] .. '%.')
return made()
