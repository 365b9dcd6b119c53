// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "command.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <string_view>

/// `assay mutate`, on a source of a few lines that gcc compiles, and guests that are scripts.
namespace assay::cli {

using nlohmann::json;

inline constexpr std::string_view patch = R"(Subject: [PATCH] mm: not more than three

--- a/mm/memory.c
+++ b/mm/memory.c
@@ -1,6 +1,11 @@
 int taken;
 
-int memory(int wanted)
+int memory(int wanted, int *left)
 {
-	return wanted;
+	if (wanted > 3)
+		return -1;
+	taken += wanted;
+	left = 0;
+	wanted = 0;
+	return taken;
 }
)";

inline constexpr std::string_view experiment = R"([experiment]
name = "two"
title = "two kernels"
thread = "1@example.org"
guests = "shared"
trials = 5
[variants]
before.kernel = "base"
after.kernel = "changed"
[workloads]
one = { workload = "idle", params = { duration = "20ms" } }
other = { workload = "fault.shared" }
[[claims]]
id = "quiet"
says = "no kernel complains"
quote = "it does not complain"
author = "A. Nonymous"
workload = "one"
rule = "never"
count = "finding"
variants = ["before", "after"]
[[claims]]
id = "content"
says = "nothing is lost"
quote = "it loses nothing"
author = "A. Nonymous"
workload = "other"
rule = "never"
count = "check content"
variants = ["after"]
)";

/// The kernel complains in the workload whose findings a claim counts, and in the other one.
Task<> complains_in_one(Inside& guest);
Task<> complains_in_other(Inside& guest);
/// The first workload cannot be run on it.
Task<> skips_idle(Inside& guest);
Task<> touches_little(Inside& guest);
Task<> takes_too_long(Inside& guest);
/// Ctrl-C while a guest runs its first workload.
Task<> interrupts(Inside& guest);
/// As Ctrl-Z.
Task<> stops_the_program_once(Inside& guest);

void expect_killed(const json& mutant, std::string_view killer, std::string_view claim);

class Mutate : public OnFakes {
 protected:
  Mutate();

  /// What all these tests have: no emulation, so that no plugin of QEMU is looked for in a script.
  Ended mutate(Words more = {});

  static json parsed(const Ended& ended);

  json listed() { return parsed(mutate({"--list", "--json"})); }

  /// The first mutant of that line and operator.
  static json mutant(const json& score, unsigned line, std::string_view op);

  /// Guests whose name has this in it play the script, those of several the one that says most; others are
  /// well.
  void play_on(std::string name, Script script) { odd_.insert_or_assign(std::move(name), std::move(script)); }
  void play(const json& mutant, Script script) {
    play_on(mutant["id"].get<std::string>(), std::move(script));
  }
  /// Only in that trial, from 0 on; those that are run once more begin at 1000.
  void play_in(const json& mutant, unsigned repeat, Script script);

  /// The experiment with a claim on a number, and its only mutant; it is played by nothing yet.
  json with_a_number();
  json fate_of_the_first() { return parsed(mutate({"--most", "1", "--json"}))["mutants"][0]; }

  /// How many mutants have this fate.
  static unsigned count(const json& score, const std::string& fate) { return score["score"][fate]; }

  [[nodiscard]] json kept() const { return json::parse(text_of(folder_ / "score.json")); }

  const fs::path folder_ = "results/mutants/two-after";
  std::map<std::string, Script> odd_;
};

}  // namespace assay::cli
