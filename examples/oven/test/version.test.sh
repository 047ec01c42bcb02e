# The version is the one CMakeLists.txt declares.
want=$(sed -n 's/^set(Bun_VERSION "\(.*\)")$/\1/p' "$FIXTURES/../../CMakeLists.txt")
[ "$("$1" --version)" = "oven $want" ]
