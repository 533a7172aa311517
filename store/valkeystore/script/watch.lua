-- ARGV: 3 the watch that its writer saw, 4 when the new one begins, 5 the share.
if digits('watch_since_ms') ~= ARGV[3] then return answer(0) end
begin()
drop('^window%.')
redis.call('HDEL', key, 'voices')
put('watch_since_ms', ARGV[4])
put('share', ARGV[5])
return made()
