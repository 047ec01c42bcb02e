# An unknown command is named.
status=0
"$1" toast x 2>error || status=$?
[ $status -eq 2 ]
grep -q 'unknown command toast' error
