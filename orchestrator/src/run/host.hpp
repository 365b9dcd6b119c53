// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "experiment/experiment.hpp"
#include "machine/hypervisor.hpp"
#include "run/programs.hpp"
#include "run/session.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace assay::run {

/// JSON for RunInfo::host: CPU, host kernel, QEMU, accelerator and why, the agent and its hash, the hashes of
/// the programs, and how the experiment is named here: by its name when it is below `experiments`, else by
/// its path.
Task<std::string> describe_host(machine::Hypervisor& hypervisor, const experiment::Experiment& experiment,
                                const Digests& programs, const std::filesystem::path& experiments,
                                std::string agent_version, std::string agent_digest);

/// Of such a text: the digests of programs by program_key(), and the folder of the experiment's file; "" when
/// it does not say.
[[nodiscard]] Digests programs_then(const std::string& host);
[[nodiscard]] std::filesystem::path folder_then(const std::string& host,
                                                const std::filesystem::path& experiments);

/// "2026-11-21T05:15:02Z".
[[nodiscard]] std::string utc_now();

/// "20261121-051502-<experiment>-<4 hexadecimal digits>": sorts by time, unique for runs of the same second.
[[nodiscard]] std::string new_run_id(std::string_view experiment);

/// Whether this machine, with what it swaps to, has so much memory, if it is the one that runs the guests:
/// QEMU would not start. `whose` is for the message. Error: usage.
[[nodiscard]] Status fits_here(const Session& session, Bytes memory, std::string_view whose);

/// The first line of `program --version`, "" when it does not run.
Task<std::string> version_line(std::string program);

}  // namespace assay::run
