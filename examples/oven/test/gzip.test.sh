# What it packs, others unpack.
"$1" bundle "$FIXTURES/main.js" >script
"$1" gzip script >script.gz
gzip -dc script.gz | cmp - script
