-- ARGV: 3 mode, 4 until, 5 actor, 6 reason.
begin()
drop('^override%.')
say('override.mode', ARGV[3])
put('override.until_ms', ARGV[4])
say('override.actor', ARGV[5])
say('override.reason', ARGV[6])
if ARGV[3] == '' then
  return made(remember('override_ended', string.format('%.0f', now())))
end
return made(remember('overridden', string.format('%.0f', now()), 'override.mode', 'override.until_ms', 'override.actor', 'override.reason'))
