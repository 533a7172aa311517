-- KEYS[1] is a history, a list. ARGV[1] is how many entries to read, from the
-- newest on. What is too long for an entry is not handed out.
local entries = redis.call('LRANGE', KEYS[1], 0, ARGV[1] - 1)
for i, entry in ipairs(entries) do
  if #entry > ENTRY then
    entries[i] = ''
  end
end
return entries
