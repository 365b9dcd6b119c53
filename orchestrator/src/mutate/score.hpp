// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "mutate/mutant.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::mutate {

/// What became of a mutant.
enum class Fate : std::uint8_t {
  killed,            ///< somebody noticed
  survived,          ///< all trials were run, and every claim that held still holds
  does_not_compile,  ///< put aside
  same_code,         ///< put aside: its image is that of the original, or of another mutant
  waiting,           ///< not tried yet
};
inline constexpr auto last_fate = Fate::waiting;
[[nodiscard]] std::string_view name_of(
    Fate fate);  ///< "killed", "survived", "does not compile", "same code", "waiting"

/// Who noticed a mutant.
enum class Killer : std::uint8_t {
  claim,      ///< one that held is refuted
  finding,    ///< a report of the kernel, or a hang, that no claim counts
  check,      ///< a check of a workload failed, or it did not end in time
  undecided,  ///< a claim that held cannot be decided any more: what it requires does not happen, its
              ///< workload skips
  boot,       ///< the kernel does not boot
};
inline constexpr auto last_killer = Killer::boot;
[[nodiscard]] std::string_view name_of(
    Killer killer);  ///< "claim refuted", "finding", "check failed", "claim undecided", "no boot"

/// A mutant and what is known of it.
struct Judged {
  Mutant mutant;
  std::string diff;  ///< unified, against the variant's source
  Fate fate = Fate::waiting;
  std::optional<Killer> killer;
  std::string claim;  ///< that noticed it, or ""
  std::string
      why;  ///< a sentence: figures, title of the finding, the compiler's error, which mutant is the same
  unsigned trials = 0;    ///< that were run with it
  std::string kernel_id;  ///< of its kernel, "" when none was built
  std::string image;      ///< SHA-256 of its kernel's image; "" when none was built, or it is the original's
  std::string run;        ///< where its last trials are, in the results of this folder
};

/// "mm/rmap.c:1986 statement left out: killed by claim leaks-on-x86-64: all of 1 trial of ..."
[[nodiscard]] std::string told_of(const Judged& one);

/// A line of the source that mutants are made of.
struct ScopeLine {
  std::string file;
  unsigned line = 0;
  std::string text;
  bool patched = false;  ///< it differs from the base's
  /// Trials of the unchanged variant that ran it, of `watched` ones; nothing when it has no instruction of
  /// its own or nobody could see (KVM).
  std::optional<unsigned> ran;
  unsigned watched = 0;
};

/// What is known of mutants and lines that somebody chose before.
struct Known {
  std::vector<Judged> mutants;  ///< none waits
  std::vector<ScopeLine> lines;
};

/// How strong an experiment is: what its claims notice of a variant that is broken in small ways.
struct Score {
  std::string experiment;
  std::string variant;   ///< that mutants are made of, by the experiment's name
  std::string base;      ///< whose difference to it is "the patch", by the experiment's name; "" for none
  std::string key;       ///< over all that judges a mutant: experiment, other kernels, agent
  std::string baseline;  ///< run of the unchanged kernels
  std::vector<std::string> held;      ///< claims that hold in it: they are what mutants are judged by
  std::vector<std::string> not_held;  ///< the others, which cannot notice anything
  std::vector<ScopeLine> lines;       ///< by file and line
  std::vector<Judged> mutants;        ///< by file, line and column
  std::size_t more = 0;               ///< mutants beyond the most that were asked for
  Known others;                       ///< under the same key, that this choice leaves out

  [[nodiscard]] std::size_t count(Fate fate) const;
  [[nodiscard]] std::size_t count(Killer killer) const;
  /// Killed, of those killed and survived, in per cent; nothing when there is none.
  [[nodiscard]] std::optional<double> percent() const;
};

}  // namespace assay::mutate
