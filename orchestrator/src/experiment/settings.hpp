// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace assay::experiment {

/// What a user may ask of a run of an experiment. Each member has its row in run_settings(): the command
/// line, the database, "run it again" and Python follow from that.
struct Settings {
  std::optional<unsigned> trials;
  bool until_decided = false;
  std::optional<unsigned> max_trials;
  std::vector<std::string> workloads;
  std::vector<std::string> variants;
  std::vector<std::string> machines;
  std::optional<unsigned> repeat;  ///< of all trials of a cell just this one, counted from 1
  bool thorough = false;
  std::optional<std::uint64_t> seed;
  std::vector<std::string> kernels;  ///< "NAME=VARIANT": this kernel instead of the file's for variant NAME
  std::vector<std::string> probes;   ///< added to the file's, as probe::parse_probe() reads them
  std::string accel;                 ///< "", "auto", "kvm", "tcg"
  std::optional<unsigned> jobs;      ///< guests at once; nothing: what the host has room for
};

/// What becomes of a setting when a run is resumed.
enum class OnResume : std::uint8_t {
  fixed,    ///< one run, one set of conditions: it may not be given
  kept,     ///< it may be given and is as it was: the rule that a run began with is how its error is kept
  renewed,  ///< it may be given anew, and is else as it was
  now,      ///< not of the run but of this host: it is never kept
};

/// One setting, with all that others say of it.
struct Setting {
  using Member = std::variant<bool Settings::*, std::string Settings::*, std::vector<std::string> Settings::*,
                              std::optional<unsigned> Settings::*, std::optional<std::uint64_t> Settings::*>;
  const char* key;     ///< in the database and in Python
  const char* option;  ///< of the command line, as CLI11 takes it: "-j,--jobs"
  const char* help;    ///< for --help and manual pages
  Member member;
  OnResume on_resume = OnResume::fixed;
  const char* word = "N";  ///< what a value is called, for completion too; "kvm|tcg" when these are all
  std::uint64_t least = 1;
  std::uint64_t most = 100'000;
  bool any_part = true;  ///< the same whichever part of the matrix runs

  /// "--jobs"
  [[nodiscard]] std::string_view long_option() const;
};

/// All of them, in the order of --help.
[[nodiscard]] std::span<const Setting> run_settings();

/// What was set, as the JSON that is kept with a run.
[[nodiscard]] std::string to_json(const Settings& settings);

/// The settings in such a text; a value out of range, of the wrong kind or that no setting has is an error.
/// Error: usage.
[[nodiscard]] Result<Settings> settings_from(std::string_view json);

/// The settings of a run that is resumed: as they were `then`, and as they are given `now` where they may be.
[[nodiscard]] Settings resumed(Settings then, const Settings& now);

/// The options of `assay run` that set this, each with a blank before it; `json` as to_json() wrote it, what
/// is not understood left out. `part`: also those that choose a part of the matrix or how often it runs.
[[nodiscard]] std::string command_line(std::string_view json, bool part);

}  // namespace assay::experiment
