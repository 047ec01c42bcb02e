# A hundred modules in a row.
i=0
while [ $i -lt 100 ]; do
  next=$((i + 1))
  printf 'import { v%d } from "./m%d.js";\nexport const v%d = v%d + 1;\n' $next $next $i $next >m$i.js
  i=$next
done
echo 'export const v100 = 0;' >m100.js
[ "$("$1" graph m0.js | grep -o '"name"' | wc -l)" -eq 101 ]
