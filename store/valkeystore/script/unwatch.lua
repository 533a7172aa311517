-- ARGV: 3 the watch to end.
if digits('watch_since_ms') ~= ARGV[3] then return answer(0) end
begin()
drop('^window%.')
redis.call('HDEL', key, 'voices', 'watch_since_ms')
return made()
