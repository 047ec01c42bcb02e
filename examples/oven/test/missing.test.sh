# A module that is not there is an error with its name.
echo 'import "./gone.js";' >a.js
status=0
"$1" graph a.js 2>error || status=$?
[ $status -eq 1 ]
grep -q 'gone.js' error
