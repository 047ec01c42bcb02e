# Modules that import each other are refused.
echo 'import "./b.js";' >a.js
echo 'import "./a.js";' >b.js
status=0
"$1" bundle a.js 2>error || status=$?
[ $status -eq 1 ]
grep -q 'import cycle' error
