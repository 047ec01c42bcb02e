# Without a command it explains itself with status 2.
status=0
"$1" 2>help || status=$?
[ $status -eq 2 ]
grep -q '^usage: oven' help
