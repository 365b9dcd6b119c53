// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/table_reader.hpp"
#include "base/units.hpp"
#include "experiment/catalogue.hpp"

#include <string>
#include <vector>

namespace assay::experiment {

/// A program of the user's that an experiment tries. Whether its files are there, and what they are, is found
/// out where they are packed: who reads what a run has kept has them no more.
struct ProgramUse {
  PlacedText program;  ///< a file beside the experiment's, a path, or a program of this system by its name
  std::vector<std::string> arguments;
  std::vector<std::string> environment;  ///< "NAME=value"
  std::vector<PlacedText> files;         ///< that go with it: "data", or "HOST:/path/in/the/guest"
  std::vector<std::string> cflags;       ///< of a source
  bool make = false;                     ///< its folder has a Makefile that makes it
  PlacedText setup;                      ///< a program that runs before it; "" for none
  PlacedText settle;                 ///< one that runs behind it, before its measurement ends; "" for none
  Bytes memory{0};                   ///< that it may have; 0: all
  std::string root;                  ///< of the system that has what it needs; "": this one
  std::string user;                  ///< "": root
  bool marks = false;                ///< it tells by assay.h when its measurement begins and ends
  std::vector<CounterInfo> figures;  ///< that it prints
  std::vector<std::string> tests;    ///< whose results it prints
  std::string guest;                 ///< where it is in the guest, once that is known
  std::string guest_setup;           ///< likewise; "" for none
  std::string guest_settle;          ///< likewise; "" for none
};

/// Whether it is compiled for each architecture.
[[nodiscard]] inline bool is_source(const PlacedText& program) { return program.text.ends_with(".c"); }

/// Where the guest has a workload's program and its files, and where it runs.
[[nodiscard]] std::string folder_of_program(const std::string& workload);
/// All that it gets, but for its seed.
[[nodiscard]] std::vector<std::string> environment_of(const ProgramUse& use);

/// Reads the keys of a workload that is a program.
[[nodiscard]] ProgramUse read_program(TableReader& reader, Mistakes& mistakes);

/// The words that claims about it may use; `name` is the workload's.
[[nodiscard]] WorkloadInfo words_of(const std::string& name, const ProgramUse& use);

}  // namespace assay::experiment
