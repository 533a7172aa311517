# Runs a server until standard input ends, then kills it:
# sh serve.sh <host:port> <server> [argument]...
address=$1
shift
dir=$(mktemp -d) || exit
{
	"$@" --dir "$dir" --pidfile "$dir/pid" </dev/null 2>&1 | while read -r line; do
		case $line in
		*"Ready to accept connections"*) echo "listening on $address" ;;
		*" # "* | *"FATAL"*) echo "$line" >&2 ;;
		esac
	done
	kill $$
} &
cat >/dev/null 2>&1
trap '' TERM
kill -9 "$(cat "$dir/pid")"
rm -rf "$dir"
exit 0
