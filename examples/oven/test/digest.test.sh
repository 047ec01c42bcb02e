# SHA-256, by the standard's own example.
printf abc >file
[ "$("$1" digest file)" = ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad ]
