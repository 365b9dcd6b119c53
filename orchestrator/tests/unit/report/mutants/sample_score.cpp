// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/mutants/sample_score.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace assay::report {
namespace {

using mutate::Fate;
using mutate::Killer;
using mutate::Operator;

constexpr int none = -1;
constexpr std::optional<Killer> no_killer;

struct SourceLine {
  unsigned line;
  bool patched;
  int ran;
  const char* text;
};

constexpr auto source = std::to_array<SourceLine>({
    {1655, true, none, "static bool make_fail(struct unmap_failure *failure)"},
    {1656, true, none, "{"},
    {1657, true, 3, "\tu32 every = READ_ONCE(failure->every);"},
    {1658, true, 3, "\tbool hit = atomic_inc_return(&failure->calls) % (every ?: INT_MAX) == 0;"},
    {1659, true, none, ""},
    {1660, true, 3, "\tif (hit)"},
    {1661, true, 3, "\t\tatomic_inc(&failure->hits);"},
    {1662, true, 3, "\treturn hit;"},
    {1663, true, none, "}"},
    {1668, true, none, "{"},
    {1669, true, none, "\tint ret;"},
    {1670, true, none, ""},
    {1671, true, 3, "\tif (make_fail(failure))"},
    {1672, true, 3, "\t\treturn -1;"},
    {1673, true, 3, "\tret = arch_unmap_one(mm, vma, address, pteval);"},
    {1674, true, 3, "\tif (ret < 0)"},
    {1675, true, 0, "\t\tatomic_inc(&failure->failed);"},
    {1676, true, 3, "\treturn ret;"},
    {1677, true, none, "}"},
    {1683, true, 3, "\tstruct dentry *dir = debugfs_create_dir(name, parent);"},
    {1684, true, none, ""},
    {1685, true, 3, "\tdebugfs_create_u32(\"every\", 0600, dir, &failure->every);"},
    {1686, true, 3, "\tdebugfs_create_atomic_t(\"calls\", 0600, dir, &failure->calls);"},
    {1687, true, 3, "\tdebugfs_create_atomic_t(\"hits\", 0600, dir, &failure->hits);"},
    {1688, true, 3, "\tdebugfs_create_atomic_t(\"failed\", 0600, dir, &failure->failed);"},
    {1689, true, none, "}"},
    {1984, true, 3, "\t\t\tif (unmap_one_or_fail(&swap_failure, mm, vma, address,"},
    {1985, true, none, "\t\t\t\t\t      pteval) < 0) {"},
    {1986, false, 3, "\t\t\t\tswap_free(entry);"},
    {1992, false, 3, "\t\t\tif (anon_exclusive &&"},
    {1993, true, 3, "\t\t\t    (make_fail(&pin_failure) ||"},
    {1994, true, 3, "\t\t\t     folio_try_share_anon_rmap_pte(folio, subpage))) {"},
    {1995, false, 0, "\t\t\t\tswap_free(entry);"},
    {2339, true, 1, "\t\t\tif (unmap_one_or_fail(&migrate_failure, mm, vma, address,"},
    {2340, true, none, "\t\t\t\t\t      pteval) < 0) {"},
    {2341, false, 0, "\t\t\t\tif (folio_test_hugetlb(folio))"},
});

struct Change {
  Operator op;
  unsigned line;
  const char* before;
  const char* after;
  Fate fate;
  std::optional<Killer> killer;
  const char* claim;
  const char* why;
  unsigned trials;
};

constexpr auto changes = std::to_array<Change>({
    {Operator::drop_statement, 1657, "READ_ONCE(failure->every)", "0", Fate::killed, Killer::undecided,
     "leaks-on-x86-64", "hits >= 100 is met in 0 of 3 trials of fixed", 3},
    {Operator::exchange_operator, 1658, "%", "/", Fate::killed, Killer::check, "",
     "check content failed in fixed/pc/failing #1: page 0 is not as it was written", 1},
    {Operator::exchange_operator, 1658, "== 0", "!= 0", Fate::killed, Killer::claim, "pages-stay-as-they-are",
     "", 3},
    {Operator::move_boundary, 1658, "== 0", "== 1", Fate::survived, no_killer, "", "", 3},
    {Operator::exchange_arguments, 1658, "every ?: INT_MAX", "INT_MAX ?: every", Fate::does_not_compile,
     no_killer, "", "error: the omitted middle operand in '?:' will always be 'true'", 0},
    {Operator::negate, 1660, "hit", "!hit", Fate::killed, Killer::claim, "leaks-no-more-than-that",
     "entries_unexplained 896 where <= 0 is expected", 3},
    {Operator::always, 1660, "hit", "true", Fate::killed, Killer::claim, "leaks-no-more-than-that",
     "entries_unexplained 896 where <= 0 is expected", 3},
    {Operator::never, 1660, "hit", "false", Fate::killed, Killer::undecided, "leaks-on-x86-64",
     "hits >= 100 is met in 0 of 3 trials of fixed", 3},
    {Operator::drop_statement, 1661, "atomic_inc(&failure->hits);", ";", Fate::killed, Killer::undecided,
     "leaks-on-x86-64", "hits >= 100 is met in 0 of 3 trials of fixed", 3},
    {Operator::replace_return, 1662, "hit", "!hit", Fate::killed, Killer::finding, "",
     "BUG: Bad rss-counter state mm:(____ptrval____) type:MM_ANONPAGES val:896", 1},
    {Operator::replace_return, 1662, "hit", "false", Fate::killed, Killer::claim, "leaks-on-x86-64",
     "not_swapped_out / hits 0 where >= 1 is expected", 3},
    {Operator::skip_error_path, 1671, "make_fail(failure)", "false", Fate::killed, Killer::claim,
     "leaks-on-x86-64", "", 3},
    {Operator::drop_jump, 1672, "return -1;", ";", Fate::same_code, no_killer, "", "as 0c5e70a49a51", 0},
    {Operator::replace_return, 1672, "-1", "0", Fate::killed, Killer::claim, "leaks-on-x86-64", "", 3},
    {Operator::drop_statement, 1673, "ret = arch_unmap_one(mm, vma, address, pteval);", "ret = 0;",
     Fate::same_code, no_killer, "", "as the original", 0},
    {Operator::exchange_arguments, 1673, "address, pteval", "pteval, address", Fate::does_not_compile,
     no_killer, "", "error: incompatible type for argument 3 of 'arch_unmap_one'", 0},
    {Operator::move_boundary, 1674, "< 0", "<= 0", Fate::survived, no_killer, "", "", 3},
    {Operator::negate, 1674, "ret < 0", "!(ret < 0)", Fate::survived, no_killer, "", "", 3},
    {Operator::drop_statement, 1675, "atomic_inc(&failure->failed);", ";", Fate::survived, no_killer, "", "",
     3},
    {Operator::replace_return, 1676, "ret", "0", Fate::same_code, no_killer, "", "as the original", 0},
    {Operator::drop_statement, 1685, "debugfs_create_u32(\"every\", 0600, dir, &failure->every);", ";",
     Fate::killed, Killer::check, "",
     "check hook failed in fixed/pc/failing #1: cannot open /sys/kernel/debug/unmap_failure/swap/every", 1},
    {Operator::drop_flag, 1686, "0600", "0400", Fate::waiting, no_killer, "", "", 0},
    {Operator::exchange_operator, 1984, "unmap_one_or_fail(&swap_failure, mm, vma, address,",
     "unmap_one_or_fail(&pin_failure, mm, vma, address,", Fate::killed, Killer::claim,
     "pinned-gives-its-entry-back", "entries_left 128 where <= 0 is expected", 3},
    {Operator::drop_statement, 1986, "swap_free(entry);", ";", Fate::killed, Killer::claim, "leaks-on-x86-64",
     "entries_left / hits 1 where <= 0 is expected", 1},
    {Operator::drop_operand, 1993, "make_fail(&pin_failure) ||", "false ||", Fate::killed, Killer::undecided,
     "pinned-gives-its-entry-back", "hits >= 100 is met in 0 of 3 trials of fixed", 3},
    {Operator::swap_statements, 1995, "swap_free(entry);", "set_pte_at(mm, address, pvmw.pte, pteval);",
     Fate::survived, no_killer, "", "", 3},
    {Operator::exchange_operator, 2340, "< 0", ">= 0", Fate::killed, Killer::boot, "",
     "guest fixed/pc: no hello within 60 s", 1},
});

std::string text_of_line(unsigned line) {
  const auto found = std::ranges::find(source, line, &SourceLine::line);
  return found == source.end() ? "" : found->text;
}

std::string function_of(unsigned line) {
  return line < 1664   ? "make_fail"
         : line < 1678 ? "unmap_one_or_fail"
         : line < 1700 ? "show_unmap_failure"
         : line < 2000 ? "try_to_unmap_one"
                       : "try_to_migrate_one";
}

std::string diff_of(unsigned line, const std::string& changed) {
  const auto context = [](unsigned other) {
    const auto text = text_of_line(other);
    return text.empty() ? "" : " " + text + "\n";
  };
  return fmt::format("--- a/mm/rmap.c\n+++ b/mm/rmap.c\n@@ -{0},3 +{0},3 @@\n{1}-{2}\n+{3}\n{4}", line - 1,
                     context(line - 1), text_of_line(line), changed, context(line + 1));
}

mutate::Judged judged_of(const Change& change, std::size_t number) {
  mutate::Judged judged;
  auto text = text_of_line(change.line);
  const auto at = text.find(change.before);
  auto& mutant = judged.mutant;
  mutant.id = fmt::format("{:012x}", (number + 1) * 0x9e3779b97f5 % 0xffffffffffff);
  mutant.op = change.op;
  mutant.file = "mm/rmap.c";
  mutant.function = function_of(change.line);
  mutant.line = change.line;
  mutant.column = static_cast<unsigned>(at + 1);
  mutant.offset = std::size_t{40} * change.line + at;
  mutant.before = change.before;
  mutant.length = mutant.before.size();
  mutant.after = change.after;
  judged.diff = diff_of(change.line, text.replace(at, mutant.length, mutant.after));
  judged.fate = change.fate;
  judged.killer = change.killer;
  judged.claim = change.claim;
  judged.why = change.why;
  judged.trials = change.trials;
  judged.kernel_id = change.trials > 0 ? std::string(64, static_cast<char>('a' + number % 6)) : "";
  judged.image = change.trials > 0 ? fmt::format("{:064x}", number + 1) : "";
  judged.run = change.trials > 0 ? "20261126-101500-unmap-failure-swap-3f09c1d27be8a456" : "";
  return judged;
}

}  // namespace

mutate::Score sample_score() {
  mutate::Score score;
  score.experiment = "unmap-failure-swap";
  score.variant = "fixed";
  score.base = "linux-6.12";
  score.baseline = "20261126-091200-unmap-failure-swap-b1946ac92492d234";
  score.held = {"leaks-on-x86-64",        "leaks-on-disk",           "leaks-no-more-than-that",
                "no-failure-no-leak",     "swapoff-never-ends",      "swapoff-gets-nowhere",
                "pages-stay-as-they-are", "migration-needs-no-undo", "pinned-gives-its-entry-back",
                "no-report-of-the-kernel"};
  score.not_held = {"leaks-on-sparc64", "swapoff-is-quick"};
  for (const auto& [line, patched, ran, text] : source) {
    score.lines.push_back({"mm/rmap.c", line, text, patched,
                           ran == none ? std::nullopt : std::optional(static_cast<unsigned>(ran)), 3});
  }
  for (const auto& change : changes) {
    score.mutants.push_back(judged_of(change, score.mutants.size()));
  }
  score.more = 4;
  score.others.lines = {{"mm/rmap.c", 1300, "\t\tfolio_remove_rmap_pte(folio, subpage, vma);", false, 3, 3}};
  score.others.mutants = {judged_of(changes[2], changes.size())};
  return score;
}

}  // namespace assay::report
