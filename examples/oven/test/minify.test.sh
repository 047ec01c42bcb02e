# White space goes where it carries no meaning.
printf 'const  a = 1 ; // one\n/* two\n */ let b = a + +a;\nreturn /[/] x/g;\n' >in.js
"$1" minify in.js >out.js
printf 'const a=1;let b=a+ +a;return/[/] x/g;' >want.js
cmp out.js want.js
