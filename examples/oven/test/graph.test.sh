# Modules come after what they import, each one once.
"$1" graph "$FIXTURES/main.js" >graph
grep -o '"name":"[^"]*"' graph >names
cat >want <<'NAMES'
"name":"lib/count.js"
"name":"lib/side.js"
"name":"lib/greet.js"
"name":"main.js"
NAMES
cmp names want
