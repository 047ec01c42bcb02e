# A hundred modules in a row.
i=0
while [ $i -lt 100 ]; do
  printf 'import { v%d } from "./m%d.js";\nexport const v%d = v%d + 1;\n' $((i + 1)) $((i + 1)) $i $((i + 1))
  i=$((i + 1))
done | split -l 2 -d -a 3 - part
i=0
for part in part*; do
  mv "$part" m$i.js
  i=$((i + 1))
done
echo 'export const v100 = 0;' >m100.js
[ "$("$1" graph m0.js | grep -o '"name"' | wc -l)" -eq 101 ]
