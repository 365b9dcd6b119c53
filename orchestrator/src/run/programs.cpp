// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/programs.hpp"

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/mistakes.hpp"
#include "base/text.hpp"
#include "image/program_needs.hpp"
#include "image/room.hpp"
#include "program/exit_code.hpp"
#include "program/files.hpp"
#include "run/compiled.hpp"

#include <unistd.h>

#include <algorithm>
#include <set>
#include <utility>

namespace assay::run {
namespace {

using experiment::ProgramUse;
using experiment::WorkloadRun;

/// Where a program is on the host; "" for one that the system has under its name.
struct HostProgram {
  fs::path file;
  std::string guest;  ///< "" until the system has said where
};

std::vector<std::string> files_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    names.push_back(entry.path().filename().string());
  }
  return names;
}

Error not_there(const ProgramUse& use, const fs::path& folder) {
  const auto path = folder / use.program.text;
  const auto near = nearest(path.filename().string(), files_in(path.parent_path()));
  const auto hint = near.empty() ? ""
                                 : fmt::format("; did you mean \"{}\"?",
                                               (fs::path(use.program.text).parent_path() / near).string());
  return use.program.text.find('/') == std::string::npos && !use.is_source()
             ? fail(Failure::usage, "there is no {}{}, and no program of this name in PATH of the guest",
                    shown(path), hint)
             : fail(Failure::usage, "there is no {}{}", shown(path), hint);
}

/// Beside the experiment, where the file says, or by its name in the system.
Result<HostProgram> host_program(const ProgramUse& use, const std::string& workload, const fs::path& folder) {
  const auto path = (folder / use.program.text).lexically_normal();
  std::error_code error;
  if (fs::is_directory(path, error)) {
    return fail(Failure::usage, "{} is a folder", shown(path));
  }
  if (!fs::exists(path, error)) {
    const bool by_name = use.program.text.find('/') == std::string::npos && !use.is_source();
    return by_name ? Result<HostProgram>(HostProgram{}) : not_there(use, folder);
  }
  const auto home = experiment::folder_of_program(workload) + "/";
  if (use.is_source()) {
    return HostProgram{path, home + path.stem().string()};
  }
  if (::access(path.c_str(), X_OK) != 0) {
    return fail(Failure::usage, "{} is not executable: chmod +x {}", shown(path), quoted_word(shown(path)));
  }
  return HostProgram{path, home + path.filename().string()};
}

/// "data" goes beside the program; "HOST:/path" elsewhere.
Result<std::vector<program::FileIn>> files_of(const PlacedText& file, const std::string& workload,
                                              const fs::path& folder) {
  const auto colon = file.text.rfind(":/");
  const auto host = (folder / file.text.substr(0, colon)).lexically_normal();
  std::error_code error;
  if (file.text.empty() || !fs::exists(host, error)) {
    return fail(Failure::usage, "there is no {}", shown(host));
  }
  const auto guest = colon == std::string::npos ? experiment::folder_of_program(workload) + "/"
                                                : file.text.substr(colon + 1);
  return program::parse_file_in(host.string() + ":" + guest);
}

/// Folders are made as what is in them needs them.
Status add_file(const program::FileIn& file, std::vector<image::HostFile>& files) {
  std::error_code error;
  const auto status = file.verbatim ? fs::symlink_status(file.host, error) : fs::status(file.host, error);
  if (fs::is_symlink(status)) {
    files.push_back({file.guest, {}, fs::read_symlink(file.host, error).string()});
  } else if (fs::is_regular_file(status)) {
    files.push_back({file.guest, file.host, {}});
  } else if (!fs::is_directory(status)) {
    return fail(Failure::usage, "{} is neither a file nor a folder", shown(file.host));
  }
  return error ? fail(Failure::usage, "cannot read {}: {}", shown(file.host), error.message()) : Status();
}

Result<std::string> digest_of(const std::vector<image::HostFile>& files) {
  Hasher hasher;
  for (const auto& file : files) {
    if (!file.link.empty()) {
      hasher.add("link " + file.path, file.link);
    } else if (auto added = hasher.add_file(file.path, file.host); !added) {
      return added.error();
    }
  }
  return hasher.finish();
}

/// One workload's program on one architecture.
class Packing {
 public:
  Packing(const WorkloadRun& run, Arch arch, const fs::path& folder, Mistakes& mistakes)
      : run_(run), use_(*run.program), arch_(arch), folder_(folder), mistakes_(mistakes) {}

  /// `program` is compiled by now. Where the guest has it; nothing when something is wrong, which is noted.
  std::optional<std::string> pack(const HostProgram& program, PackedProgram& packed) {
    std::vector<image::HostFile> own;
    if (!program.file.empty()) {
      own.push_back({program.guest, program.file, {}});
    }
    for (const auto& file : use_.files) {
      if (auto added = bring(file, own); !added) {
        mistakes_.add(file.where, fmt::format("files: {}", added.error().text()));
        return std::nullopt;
      }
    }
    auto guest = add_needs(program, own, packed.files);
    if (!guest) {
      mistakes_.add(use_.program.where, fmt::format("program: {}", guest.error().text()));
      return std::nullopt;
    }
    packed.files.insert(packed.files.end(), own.begin(), own.end());
    return std::move(*guest);
  }

 private:
  Status bring(const PlacedText& file, std::vector<image::HostFile>& own) const {
    const auto files = files_of(file, run_.name, folder_);
    if (!files) {
      return files.error();
    }
    for (const auto& one : *files) {
      if (auto added = add_file(one, own); !added) {
        return added;
      }
    }
    return {};
  }

  [[nodiscard]] Result<std::string> add_needs(const HostProgram& program,
                                              const std::vector<image::HostFile>& own,
                                              std::vector<image::HostFile>& needed) const {
    image::ProgramSource source{arch_,
                                use_.root.empty() ? fs::path("/") : folder_ / use_.root,
                                {},
                                experiment::environment_of(use_),
                                "root = \"DIR\""};
    for (const auto& file : own) {
      if (file.link.empty()) {
        source.brought.emplace(file.path, file.host);
      }
    }
    auto needs = image::ProgramNeeds::create(std::move(source));
    if (!needs) {
      return needs.error();
    }
    const auto guest = program.guest.empty() ? use_.program.text : program.guest;
    const auto added = needs->add(guest);
    if (!added) {
      return added.error().within(fmt::format("run {} in a guest", use_.program.text));
    }
    if (!*added) {
      return not_there(use_, folder_);
    }
    for (const auto& file : own) {  // programs that this one starts
      if (file.link.empty() && ::access(file.host.c_str(), X_OK) == 0) {
        if (auto helper = needs->add_needs_of(file.host, file.path); !helper) {
          return helper.error().within(fmt::format("run {} in a guest", file.host.filename().string()));
        }
      }
    }
    needed = needs->files();
    return guest;
  }

  const WorkloadRun& run_;
  const ProgramUse& use_;
  Arch arch_;
  const fs::path& folder_;
  Mistakes& mistakes_;
};

std::set<Arch> arches_of_run(const experiment::Experiment& experiment, const WorkloadRun& run) {
  std::set<Arch> arches;
  for (const auto& machine : experiment.machines) {
    if (run.runs_on(machine.name)) {
      arches.insert(machine.arch);
    }
  }
  return arches;
}

/// The compiler's words are for people to read: nothing else is told beside them.
Error compile_error(const experiment::Experiment& experiment, const WorkloadRun& run, Arch arch,
                    const Error& error) {
  if (error.kind() != Failure::usage) {
    return error;
  }
  Mistakes mistakes(shown(experiment.file));
  mistakes.add(run.program->program.where,
               fmt::format("program {} for {}: {}", run.program->program.text, name_of(arch), error.text()));
  return mistakes.error();
}

/// What goes into guests of each machine fits there, and what goes into an order.
void check_sizes(const experiment::Experiment& experiment, const Programs& programs, Mistakes& mistakes) {
  for (const auto& run : experiment.workloads) {
    if (!run.program) {
      continue;
    }
    link::RunProgram order;
    order.arguments = run.program->arguments;
    order.arguments.insert(order.arguments.begin(), run.program->program.text);
    order.environment = run.program->environment;
    if (auto fits = program::fits_into_an_order(order); !fits) {
      mistakes.add(run.program->program.where, fits.error().text());
    }
    for (const auto& machine : experiment.machines) {
      const auto packed = programs.find(program_key(run.name, machine.arch));
      if (!run.runs_on(machine.name) || packed == programs.end()) {
        continue;
      }
      if (auto fits = image::fits_into(machine.memory, packed->second.files); !fits) {
        mistakes.add(run.program->program.where, fmt::format("program: machine {} has {}: {}", machine.name,
                                                             human(machine.memory), fits.error().text()));
      }
    }
  }
}

}  // namespace

std::string program_key(const std::string& workload, Arch arch) {
  return fmt::format("{}/{}", workload, name_of(arch));
}

Digests digests_of(const Programs& programs) {
  Digests digests;
  for (const auto& [key, program] : programs) {
    digests.emplace(key, program.digest);
  }
  return digests;
}

Task<Result<Programs>> find_programs(const Places& places, experiment::Experiment& experiment,
                                     fs::path folder) {
  Programs programs;
  Mistakes mistakes(shown(experiment.file));
  std::error_code error;
  folder = fs::absolute(folder.empty() ? "." : folder, error);
  if (error) {
    co_return fail(Failure::infrastructure, "cannot find the folder of {}: {}", experiment.file.string(),
                   error.message());
  }
  for (auto& run : experiment.workloads) {
    const auto arches = run.program ? arches_of_run(experiment, run) : std::set<Arch>();
    for (const auto arch : arches) {
      auto program = host_program(*run.program, run.name, folder);
      if (!program) {
        mistakes.add(run.program->program.where, fmt::format("program: {}", program.error().text()));
        break;
      }
      if (run.program->is_source()) {
        auto made = co_await compiled(places, arch, program->file, run.program->cflags);
        if (!made) {
          co_return compile_error(experiment, run, arch, made.error());
        }
        program->file = std::move(*made);
      }
      PackedProgram packed;
      auto guest = Packing(run, arch, folder, mistakes).pack(*program, packed);
      if (!guest) {
        break;
      }
      auto digest = digest_of(packed.files);
      if (!digest) {
        co_return digest.error();
      }
      packed.digest = std::move(*digest);
      run.program->guest = std::move(*guest);
      programs.emplace(program_key(run.name, arch), std::move(packed));
    }
  }
  check_sizes(experiment, programs, mistakes);
  if (!mistakes.none()) {
    co_return mistakes.error();
  }
  co_return programs;
}

std::vector<image::HostFile> programs_for(const experiment::Experiment& experiment, const Programs& programs,
                                          std::string_view variant, Arch arch) {
  std::map<std::string, image::HostFile> files;
  for (const auto& run : experiment.workloads) {
    const auto packed = programs.find(program_key(run.name, arch));
    if (packed == programs.end() || !run.runs_with(variant)) {
      continue;
    }
    for (const auto& file : packed->second.files) {
      files.try_emplace(file.path, file);
    }
  }
  std::vector<image::HostFile> all;
  for (auto& [path, file] : files) {
    all.push_back(std::move(file));
  }
  return all;
}

std::string programs_text(const experiment::Experiment& experiment, const Programs& programs) {
  std::string text;
  for (const auto& run : experiment.workloads) {
    for (const auto arch : {Arch::x86_64, Arch::sparc64}) {
      const auto packed = programs.find(program_key(run.name, arch));
      if (packed == programs.end()) {
        continue;
      }
      const auto& files = packed->second.files;
      auto words = run.program->arguments;
      words.insert(words.begin(), run.program->guest);
      std::ranges::transform(words, words.begin(), quoted_word);
      text += fmt::format("# workload {} on {}: {}\n#   from {}{}, {} in {} file{}\n", run.name,
                          name_of(arch), fmt::join(words, " "), run.program->program.text,
                          run.program->is_source() ? ", compiled" : "", human(image::size_of(files)),
                          files.size(), plural(files.size()));
    }
  }
  return text;
}

}  // namespace assay::run
