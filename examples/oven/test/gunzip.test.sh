# What others pack, it unpacks; what is broken, it refuses.
seq 20000 >numbers
gzip -c numbers >numbers.gz
"$1" gunzip numbers.gz | cmp - numbers
head -c 1000 numbers.gz >half.gz
! "$1" gunzip half.gz >/dev/null 2>&1
