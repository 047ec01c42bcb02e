# One script, every module in it, comments gone, strings untouched.
"$1" bundle "$FIXTURES/main.js" >script
[ "$(grep -o '__modules\[[0-9]*\]=' script | wc -l)" -eq 4 ]
! grep -q 'two pioneers' script
grep -q '" // not a comment, number "' script
