package config

// What the schema has in common with the package, for its generator.
const (
	AddressPattern   = addressPattern
	DurationPattern  = durationPattern
	EntryPattern     = entryPattern
	HostPortPattern  = hostPortPattern
	NamePattern      = namePattern
	PartitionPattern = partitionPattern
	PasswordPattern  = passwordPattern
	PrefixPattern    = prefixPattern
	RegionPattern    = regionPattern
	SharePattern     = sharePattern
	StatusPattern    = statusPattern
	TablePattern     = tablePattern
	TaskPattern      = taskPattern
	MaxEntry         = maxEntry
	MaxErrors        = maxErrors
	MaxListed        = maxListed
	MaxPartitionBy   = maxPartitionBy
	MaxPrefix        = maxPrefix
	MaxText          = maxText
)
