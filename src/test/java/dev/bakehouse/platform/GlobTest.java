package dev.bakehouse.platform;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GlobTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          out/*          | out/a.txt        | true
          out/*          | out/b/a.txt      | false
          out/**         | out/b/a.txt      | true
          **/*.log       | a.log            | true
          **/*.log       | x/y/a.log        | true
          **/*.log       | x/y/a.logs       | false
          a/**/b         | a/b              | true
          a/**/b         | a/x/y/b          | true
          a/**/b         | a/xb             | false
          a?c            | abc              | true
          a?c            | a/c              | false
          {a,b/c}.txt    | b/c.txt          | true
          {a,b/c}.txt    | c.txt            | false
          {a,{b,c}}d     | cd               | true
          f[0-9].o       | f7.o             | true
          f[!0-9].o      | f7.o             | false
          f[!0-9].o      | fx.o             | true
          f[!0-9]o       | f/o              | false
          f[z-a]         | fm               | false
          [              | [                | true
          a{b            | a{b              | true
          a\\*b          | a*b              | true
          a\\*b          | axb              | false
          x;y/*          | y/z              | true
          x; y           | y                | true
          ./x            | x                | true
          a.b            | axb              | false
          a+(b)          | a+(b)            | true
          libbun-*.a.gz  | libbun-profile.a.gz | true
          **             | any/thing        | true
          """)
  void matches(String query, String path, boolean expected) {
    assertThat(Glob.matches(Glob.patterns(query), path)).isEqualTo(expected);
  }
}
