# SHA-256, as everybody else computes it.
cp "$FIXTURES/main.js" file
[ "$("$1" digest file)" = "$(sha256sum file | cut -d' ' -f1)" ]
