// SPDX-License-Identifier: GPL-2.0-or-later
// Writes the page of a score to standard output, for tests of it in a browser, or with any argument the score
// as JSON; some sources have what a page must not take for its own.
#include "mutate/score_json.hpp"
#include "report/mutants/mutants.hpp"
#include "report/mutants/sample_score.hpp"

#include <cstdio>

int main(int argc, char** /*argv*/) {
  auto score = assay::report::sample_score();
  const std::string hostile = "\t/* </code></pre><script>document.title = 'owned'</script><img src=x> */";
  score.lines.front().text = hostile;
  score.mutants.front().why = hostile;
  score.mutants.front().diff += "+" + hostile + "\n";
  const auto text = argc > 1 ? assay::mutate::score_json(score) : assay::report::mutants_html(score, "Assay");
  std::fputs(text.c_str(), stdout);
  return 0;
}
