// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/guest_program.hpp"

#include "base/files.hpp"
#include "base/text.hpp"
#include "cli/display.hpp"
#include "cli/messages.hpp"
#include "cli/values.hpp"
#include "experiment/machine_reader.hpp"
#include "program/read_ahead.hpp"

#include <algorithm>
#include <cstdlib>
#include <type_traits>
#include <utility>

namespace assay::cli {
namespace {

bool has(const link::Hello& hello, std::string_view capability) {
  const auto found = std::ranges::find(hello.capabilities, capability, &link::Capability::name);
  return found != hello.capabilities.end() && found->available;
}

/// Whether a kernel has transparent huge pages and switched them off for want of memory: hugepage_init() of
/// mm/huge_memory.c does when there is less than 512 MiB beside what the kernel itself and its initramfs
/// take, which is another share for each kernel. The guest knows, but not why: another reason stands in the
/// configuration or on the command line.
bool lacks_huge_pages(const link::Hello& hello, const kernel::Kernel& kernel, const std::string& arguments) {
  constexpr auto enough = mib(640);
  const auto config = kernel.config.empty() ? Result<std::string>(std::string()) : read_file(kernel.config);
  const bool wished =
      arguments.find("transparent_hugepage=") != std::string::npos ||
      (config && config->find("\nCONFIG_TRANSPARENT_HUGEPAGE_NEVER=y\n") != std::string::npos);
  return has(hello, "thp") && !has(hello, "thp-on") && !wished && Bytes(hello.memory) < enough;
}

/// An option that is the key of an experiment's [machines.NAME].
template <class T>
CLI::Option* key_option(CLI::App& verb, toml::table& machine, const char* key, const char* help) {
  return verb.add_option_function<T>(
      fmt::format("--{}", key), [&machine, key](const T& value) { machine.insert_or_assign(key, value); },
      help);
}

/// An option that may be repeated, each for one element of the array `key`.
CLI::Option* element_option(CLI::App& verb, toml::table& machine, const char* name, const char* key,
                            const char* help) {
  return verb
      .add_option_function<std::vector<std::string>>(
          name,
          [&machine, key](const std::vector<std::string>& values) {
            toml::array array;
            for (const auto& value : values) {
              array.push_back(value);
            }
            machine.insert_or_assign(key, std::move(array));
          },
          help)
      ->allow_extra_args(false);
}

/// An option whose value is written as in a file.
CLI::Option* toml_option(CLI::App& verb, toml::table& machine, const char* key, const char* help) {
  return verb.add_option_function<std::string>(
      fmt::format("--{}", key),
      [&machine, key](const std::string& text) {
        machine.insert_or_assign(key, *toml_value(text)->get("value"));
      },
      help);
}

void add_memory_options(CLI::App& verb, toml::table& machine) {
  takes(key_option<std::string>(verb, machine, "memory",
                                "of the guest, from 64M on; a kernel that has less than 512M beside its own "
                                "share begins without transparent huge pages"),
        size(experiment::least_memory))
      ->default_str(fmt::format("{}M", run::usual_memory.value() / mib(1).value()));
  takes(toml_option(
            verb, machine, "nodes",
            "how many NUMA nodes divide vCPUs and memory, or what each has, as in "
            "'[{ vcpus = 2, memory = \"256M\" }, { memory = \"256M\" }, { vcpus = 1 }]'; the kernel must "
            "know nodes (flavour numa)"),
        toml_text("NODES"))
      ->default_str("1");
  takes(toml_option(verb, machine, "distances",
                    "between nodes, a row for each, as in '[[10, 20], [20, 10]]' (default: what the kernel "
                    "assumes)"),
        toml_text("ROWS"));
  takes(element_option(verb, machine, "--dimm", "dimms",
                       "memory that is plugged in beside --memory, for the guest to online and offline, as "
                       "128M (flavour large); may be repeated"),
        size(experiment::dimm_unit));
}

void add_machine_options(CLI::App& verb, toml::table& machine) {
  takes(key_option<std::int64_t>(verb, machine, "vcpus", "of the guest (default: 2, on sparc64 1)"),
        whole_number(1, experiment::most_vcpus));
  add_memory_options(verb, machine);
  takes(key_option<std::string>(verb, machine, "swap",
                                "a disk of this size, /dev/vda, to swap to (default: none)"),
        size(mib(1)));
  takes(
      element_option(verb, machine, "--disk", "disks",
                     "an empty disk of this size, the next of /dev/vda, /dev/vdb and so on; may be repeated"),
      size(mib(1)));
  takes(key_option<std::string>(verb, machine, "accel", "what runs the guest"),
        one_of({"auto", "kvm", "tcg"}))
      ->default_str("auto");
  takes(key_option<std::string>(verb, machine, "cpu", "QEMU's model with features, as in EPYC,+svm"),
        named("MODEL"))
      ->default_str("max");
  takes(key_option<std::string>(verb, machine, "clock",
                                "instructions: a second of the guest is 10^9 of its instructions (TCG)"),
        one_of({"host", "instructions"}))
      ->default_str("host");
  takes(verb.add_option_function<std::vector<std::string>>(
            "--append",
            [&machine](const std::vector<std::string>& all) {
              machine.insert_or_assign("append", fmt::to_string(fmt::join(all, " ")));
            },
            "more for the kernel's command line; may be repeated"),
        printable_text("TEXT"))
      ->allow_extra_args(false);
  takes(element_option(verb, machine, "--qemu-option", "qemu_options",
                       "one more word for QEMU's command line, as in --qemu-option=-device "
                       "--qemu-option=virtio-rng-pci; may be repeated"),
        printable_text("TEXT"));
}

}  // namespace

void add_guest_options(CLI::App& verb, GuestOptions& options, const std::string& kernel) {
  takes(verb.add_option(
            kernel, options.kernel,
            "a variant of images/kernels or a path to a .toml; debian:6.12; a path to a bzImage or to a "
            "folder with a kernel: of a build (O=), /boot, lib/modules/RELEASE"),
        named("KERNEL"))
      ->required();
  takes(verb.add_option("--arch", options.arch, "of the guest (default: what the variant is for)"),
        one_of({"x86_64", "sparc64"}));
  add_machine_options(verb, options.machine);
  takes(verb.add_option(
            "--module", options.modules,
            "brought along for modprobe, with what it depends on, where all are too many; may be repeated"),
        named("MODULE"))
      ->allow_extra_args(false);
  takes(verb.add_option("-f,--file", options.files,
                        "copied in before the start (a folder with all that is in it); may be repeated"),
        named("HOST:GUEST"));
  takes(verb.add_option("-e,--env", options.environment,
                        "for the program, or NAME with the value it has here; may be repeated"),
        anything("NAME=VALUE"));
  takes(verb.add_option(
            "-u,--user", options.user,
            "NAME or UID that the program runs as, alone or with :GROUP or :GID, by /etc/passwd and "
            "/etc/group of the guest (default: root)"),
        guest_user());
}

Result<std::vector<std::string>> program_environment(const GuestOptions& options) {
  std::vector<std::string> environment{"PATH=/bin:/sbin:/usr/bin:/usr/sbin"};
  if (options.user.empty()) {
    environment.emplace_back("HOME=/root");
  }
  for (const auto& one : options.environment) {
    const std::size_t equals = one.find('=');
    const auto name = one.substr(0, equals);
    const char* here = equals == std::string::npos ? std::getenv(name.c_str()) : nullptr;
    if (name.empty() || (equals == std::string::npos && here == nullptr)) {
      return fail(Failure::usage,
                  "cannot understand --env {}: write NAME=VALUE, or the NAME of a variable set here", one);
    }
    std::erase_if(environment, [&](const auto& other) { return other.starts_with(name + "="); });
    environment.push_back(equals == std::string::npos ? name + "=" + here : one);
  }
  return environment;
}

Result<std::vector<program::FileIn>> files_in(const std::vector<std::string>& given) {
  std::vector<program::FileIn> files;
  for (const auto& text : given) {
    auto some = program::parse_file_in(text);
    if (!some) {
      return some.error();
    }
    std::ranges::move(*some, std::back_inserter(files));
  }
  return files;
}

Task<Result<GuestProgram>> prepare_guest_program(Globals& globals, const Places& places, GuestOptions options,
                                                 std::string what, program::Request request) {
  using namespace asio::experimental::awaitable_operators;
  auto name = options.kernel;
  const auto machine = run::machine_of(options, places);
  if (!machine) {
    co_return machine.error();
  }
  // Held until the guest has them.
  auto read = co_await (program::read_ahead(request.files, machine->memory) || globals.interrupt.wait());
  if (auto* const spools = std::get_if<0>(&read); spools == nullptr || !*spools) {
    co_return spools == nullptr ? fail(Failure::interrupted, "interrupted") : spools->error();
  }
  Display display(globals);
  auto session = globals.session(places, display);
  auto prepared = co_await run::prepare_guest(session, std::move(options), std::move(what));
  if (!prepared) {
    co_return prepared.error();
  }
  for (const auto& note : prepared->notes) {
    if (!globals.quiet) {
      display.on_note(note);
    }
  }
  GuestProgram program{std::move(*prepared), std::move(request), std::move(name),
                       std::move(**std::get_if<0>(&read))};
  co_return program;
}

Task<Result<GuestProgramEnd>> run_guest_program(Globals& globals, Interrupt& interrupt, GuestProgram program,
                                                program::Streams& streams) {
  auto& guest = program.guest;
  const auto console = guest.spec.boot.console_log;
  const auto machine = guest.spec.machine;
  program.request.on_hello = [&](const link::Hello& hello) {
    if (!globals.quiet && lacks_huge_pages(hello, guest.kernel, machine.append)) {
      tell(
          fmt::format("note: with {} of memory the kernel begins without transparent huge pages: it has less "
                      "than 512 MiB beside its own share",
                      human(machine.memory)));
    }
  };
  auto ran = co_await program::run_in_guest(*guest.hypervisor, std::move(guest.spec), interrupt,
                                            std::move(program.request), streams);
  auto closed = co_await guest.hypervisor->close();
  if (!ran) {
    co_return ran.error().kind() == Failure::boot ? ran.error().within("boot " + program.kernel)
                                                  : ran.error();
  }
  if (!closed) {
    tell(closed.error().text());
  }
  GuestProgramEnd end{std::move(*ran), console};
  co_return end;
}

void tell_findings(const GuestProgramEnd& end) {
  for (const auto& report : end.run.findings) {
    tell(fmt::format("the guest's kernel reported ({}):\n{}", report.fingerprint, printable(report.text)));
  }
  if (end.run.died) {
    tell("the guest died: " + printable(end.run.died->why));
  }
  if (end.run.died && end.run.findings.empty()) {
    tell("its last console lines were:\n" + printable(end.run.died->last_lines));
  }
  if (end.run.died || !end.run.findings.empty()) {
    tell("its console is in " + shown(end.console));
  }
}

}  // namespace assay::cli
