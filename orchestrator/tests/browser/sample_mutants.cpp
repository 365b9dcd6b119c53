// SPDX-License-Identifier: GPL-2.0-or-later
// Writes the page of a score to standard output, for tests of it in a browser; some sources have what a page
// must not take for its own.
#include "report/mutants/mutants.hpp"
#include "report/mutants/sample_score.hpp"

#include <cstdio>

int main() {
  auto score = assay::report::sample_score();
  const std::string hostile = "\t/* </code></pre><script>document.title = 'owned'</script><img src=x> */";
  score.lines.front().text = hostile;
  score.mutants.front().why = hostile;
  score.mutants.front().diff += "+" + hostile + "\n";
  std::fputs(assay::report::mutants_html(score, "Assay").c_str(), stdout);
  return 0;
}
