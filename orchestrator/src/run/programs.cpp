// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/programs.hpp"

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/mistakes.hpp"
#include "base/text.hpp"
#include "image/elf_needs.hpp"
#include "image/program_needs.hpp"
#include "image/room.hpp"
#include "image/script.hpp"
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

/// A program that the file names, and where it is on the host.
struct HostProgram {
  std::string key;  ///< that names it: "program", "setup", "settle"
  PlacedText name;
  fs::path file{};      ///< "" for one that the system has under its name
  std::string guest{};  ///< its path there, or that name
};

/// As execvp() has it: what no kernel executes is text for the shell.
bool is_for_shell(const fs::path& file) { return !image::read_elf_needs(file) && !image::read_script(file); }

void add_mistake(Mistakes& mistakes, const HostProgram& program, std::string_view why) {
  mistakes.add(program.name.where, fmt::format("{}: {}", program.key, why));
}

std::vector<std::string> files_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    names.push_back(entry.path().filename().string());
  }
  return names;
}

Error not_there(const PlacedText& program, const fs::path& folder) {
  const auto path = folder / program.text;
  const auto near = nearest(path.filename().string(), files_in(path.parent_path()));
  const auto hint = near.empty() ? ""
                                 : fmt::format("; did you mean \"{}\"?",
                                               (fs::path(program.text).parent_path() / near).string());
  return program.text.find('/') == std::string::npos && !experiment::is_source(program)
             ? fail(Failure::usage, "there is no {}{}, and no program of this name in PATH of the guest",
                    shown(path), hint)
             : fail(Failure::usage, "there is no {}{}", shown(path), hint);
}

/// One that is made of its folder need not be there.
Status find_makefile(HostProgram& program, const std::string& workload, const fs::path& folder) {
  const auto path = (folder / program.name.text).lexically_normal();
  const auto names = files_in(path.parent_path());
  const auto is_makefile = [](const std::string& name) {
    return name == "Makefile" || name == "makefile" || name == "GNUmakefile";
  };
  if (std::ranges::none_of(names, is_makefile)) {
    return fail(Failure::usage, "there is no Makefile in {} to make {} of", shown(path.parent_path()),
                path.filename().string());
  }
  program.guest = (fs::path(experiment::folder_of_program(workload)) / path.filename()).string();
  program.file = path;
  return {};
}

/// Finds it beside the experiment, where the file says, or by its name in the system.
Status find(HostProgram& program, const std::string& workload, const fs::path& folder) {
  const auto path = (folder / program.name.text).lexically_normal();
  std::error_code error;
  if (fs::is_directory(path, error)) {
    return fail(Failure::usage, "{} is a folder", shown(path));
  }
  const bool is_source = experiment::is_source(program.name);
  if (!fs::exists(path, error)) {
    program.guest = program.name.text;
    const bool by_name = program.name.text.find('/') == std::string::npos && !is_source;
    return by_name ? Status() : not_there(program.name, folder);
  }
  if (!is_source && ::access(path.c_str(), X_OK) != 0) {
    return fail(Failure::usage, "{} is not executable: chmod +x {}", shown(path), quoted_word(shown(path)));
  }
  const auto name = is_source ? path.stem() : path.filename();
  program.guest = (fs::path(experiment::folder_of_program(workload)) / name).string();
  program.file = path;
  return {};
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

  /// They are compiled by now. False when something is wrong, which is noted.
  bool pack(const std::vector<HostProgram>& programs, PackedProgram& packed) {
    std::vector<image::HostFile> own;
    for (const auto& program : programs) {
      if (!program.file.empty()) {
        own.push_back({program.guest, program.file, {}});
      }
    }
    for (const auto& file : use_.files) {
      if (auto added = bring(file, own); !added) {
        mistakes_.add(file.where, fmt::format("files: {}", added.error().text()));
        return false;
      }
    }
    auto needs = needs_beside(own);
    if (!needs) {
      add_mistake(mistakes_, programs.front(), needs.error().text());
      return false;
    }
    for (const auto& program : programs) {
      if (auto added = add_needs(program, own, *needs); !added) {
        add_mistake(mistakes_, program, added.error().text());
        return false;
      }
    }
    packed.files = needs->files();
    packed.files.insert(packed.files.end(), own.begin(), own.end());
    return true;
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

  [[nodiscard]] Result<image::ProgramNeeds> needs_beside(const std::vector<image::HostFile>& own) const {
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
    return image::ProgramNeeds::create(std::move(source));
  }

  /// Of the program, and of those that it may start.
  [[nodiscard]] Status add_needs(const HostProgram& program, const std::vector<image::HostFile>& own,
                                 image::ProgramNeeds& needs) const {
    const auto added = needs.add(program.guest);
    if (!added) {
      return added.error().within(fmt::format("run {} in a guest", program.name.text));
    }
    if (!*added) {
      return not_there(program.name, folder_);
    }
    if (!program.file.empty() && is_for_shell(program.file)) {
      if (auto shell = needs.add("/bin/sh"); !shell) {
        return shell.error().within(fmt::format("run {} in a guest", program.name.text));
      }
    }
    for (const auto& file : own) {
      if (file.link.empty() && ::access(file.host.c_str(), X_OK) == 0) {
        if (auto helper = needs.add_needs_of(file.host, file.path); !helper) {
          return helper.error().within(fmt::format("run {} in a guest", file.host.filename().string()));
        }
      }
    }
    return {};
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

/// What a compiler says is for people to read: nothing else is told beside it.
Error compile_error(const experiment::Experiment& experiment, const HostProgram& program, Arch arch,
                    const Error& error) {
  if (error.kind() != Failure::usage) {
    return error;
  }
  Mistakes mistakes(shown(experiment.file));
  mistakes.add(program.name.where,
               fmt::format("{} {} for {}: {}", program.key, program.name.text, name_of(arch), error.text()));
  return mistakes.error();
}

Task<Result<fs::path>> built(const Places& places, Arch arch, fs::path file, const ProgramUse& use,
                             bool is_made) {
  if (is_made) {
    auto by_make = co_await made(places, arch, file.parent_path(), file.filename().string());
    co_return by_make;
  }
  auto by_compiler = co_await compiled(places, arch, file, use.cflags);
  co_return by_compiler;
}

/// The program of a workload and those beside it; none when something is wrong, which is noted.
Task<Result<std::vector<HostProgram>>> host_programs(const Places& places,
                                                     const experiment::Experiment& experiment,
                                                     const WorkloadRun& run, Arch arch,
                                                     const fs::path& folder, Mistakes& mistakes) {
  std::vector<HostProgram> programs{{"program", run.program->program}};
  for (const auto& [key, name] :
       {std::pair("setup", &run.program->setup), std::pair("settle", &run.program->settle)}) {
    if (!name->text.empty()) {
      programs.push_back({key, *name});
    }
  }
  for (auto& program : programs) {
    const bool is_made = run.program->make && program.key == "program";
    const auto is_there =
        is_made ? find_makefile(program, run.name, folder) : find(program, run.name, folder);
    if (!is_there) {
      add_mistake(mistakes, program, is_there.error().text());
      co_return std::vector<HostProgram>();
    }
    if (is_made || experiment::is_source(program.name)) {
      auto file = co_await built(places, arch, program.file, *run.program, is_made);
      if (!file) {
        co_return compile_error(experiment, program, arch, file.error());
      }
      program.file = std::move(*file);
    }
  }
  co_return programs;
}

void tell_places(const std::vector<HostProgram>& programs, ProgramUse& use) {
  for (const auto& program : programs) {
    auto& place = program.key == "setup"    ? use.guest_setup
                  : program.key == "settle" ? use.guest_settle
                                            : use.guest;
    place = program.guest;
  }
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

/// Where each fits by itself, all of a kernel's do.
void check_sizes_together(const experiment::Experiment& experiment, const Programs& programs,
                          Mistakes& mistakes) {
  const auto first =
      std::ranges::find_if(experiment.workloads, [](const auto& run) { return !!run.program; });
  for (const auto& machine : experiment.machines) {
    for (const auto& variant : experiment.variants) {
      const auto files = programs_for(experiment, programs, variant.name, machine.arch);
      const auto fits = image::fits_into(machine.memory, files);
      if (!fits && mistakes.none()) {
        mistakes.add(first->program->program.where,
                     fmt::format("program: machine {} has {}, and the programs of all workloads of {} lie in "
                                 "its initramfs: together {}",
                                 machine.name, human(machine.memory), variant.name, fits.error().text()));
        return;
      }
    }
  }
}

/// All programs of a kernel's workloads lie in one file system. False when two files want one place, which is
/// told.
bool check_places(const experiment::Experiment& experiment, std::string_view variant, Arch arch,
                  const Programs& programs, Mistakes& mistakes) {
  std::map<std::string_view, const image::HostFile*> there;
  for (const auto& run : experiment.workloads) {
    const auto packed = programs.find(program_key(run.name, arch));
    if (!run.program || packed == programs.end() || !run.runs_with(variant)) {
      continue;
    }
    for (const auto& file : packed->second.files) {
      const auto [first, fresh] = there.try_emplace(file.path, &file);
      if (!fresh && *first->second != file) {
        mistakes.add(run.program->program.where,
                     fmt::format("program: {} and {} would both be {} in a guest: give one another place",
                                 first->second->host.string(), file.host.string(), file.path));
        return false;
      }
    }
  }
  return true;
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
      const auto own = co_await host_programs(places, experiment, run, arch, folder, mistakes);
      if (!own) {
        co_return own.error();
      }
      PackedProgram packed;
      if (own->empty() || !Packing(run, arch, folder, mistakes).pack(*own, packed)) {
        break;
      }
      auto digest = digest_of(packed.files);
      if (!digest) {
        co_return digest.error();
      }
      packed.digest = std::move(*digest);
      tell_places(*own, *run.program);
      programs.emplace(program_key(run.name, arch), std::move(packed));
    }
  }
  check_sizes(experiment, programs, mistakes);
  check_sizes_together(experiment, programs, mistakes);
  for (const auto arch : {Arch::x86_64, Arch::sparc64}) {
    (void)std::ranges::all_of(experiment.variants, [&](const auto& variant) {
      return check_places(experiment, variant.name, arch, programs, mistakes);
    });
  }
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
                          run.program->make                             ? ", by make"
                          : experiment::is_source(run.program->program) ? ", compiled"
                                                                        : "",
                          human(image::size_of(files)), files.size(), plural(files.size()));
    }
  }
  return text;
}

}  // namespace assay::run
