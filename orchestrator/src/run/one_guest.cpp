// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/one_guest.hpp"

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "cli/display.hpp"
#include "cli/messages.hpp"
#include "cli/values.hpp"
#include "experiment/machine_sizes.hpp"
#include "guest/folder.hpp"
#include "program/read_ahead.hpp"
#include "run/host.hpp"
#include "run/kernels.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <utility>

namespace assay::cli {
namespace {

constexpr unsigned default_vcpus = 2;
constexpr unsigned most_vcpus = 64;
constexpr std::size_t kept_consoles = 100;
constexpr auto least_memory = mib(64);

Result<machine::MachineSpec> machine_of(const GuestOptions& options, Arch arch) {
  auto memory = experiment::parse_mebibytes(options.memory, least_memory);
  if (!memory) {
    return memory.error().within("understand --memory");
  }
  auto swap =
      options.swap.empty() ? Result<Bytes>(Bytes(0)) : experiment::parse_mebibytes(options.swap, mib(1));
  if (!swap) {
    return swap.error().within("understand --swap");
  }
  machine::MachineSpec machine;
  machine.name = "exec";
  machine.arch = arch;
  machine.memory = *memory;
  machine.swap = *swap;
  machine.vcpus = options.vcpus.value_or(arch == Arch::sparc64 ? 1 : default_vcpus);
  machine.accel = options.accel == "kvm"   ? machine::Accel::kvm
                  : options.accel == "tcg" ? machine::Accel::tcg
                                           : machine::Accel::automatic;
  const unsigned most = arch == Arch::sparc64 ? 1 : most_vcpus;  // QEMU's sun4u has one
  if (machine.vcpus == 0 || machine.vcpus > most) {
    return fail(Failure::usage, "--vcpus {} is not between 1 and {}, what a {} guest has", machine.vcpus,
                most, name_of(arch));
  }
  return machine;
}

std::string arguments_of(const GuestOptions& options) {
  return fmt::to_string(fmt::join(options.kernel_arguments, " "));
}

/// A kernel cuts its command line off in silence (COMMAND_LINE_SIZE of both architectures, with the NUL).
Status check_command_line(const GuestOptions& options, const machine::MachineSpec& machine) {
  constexpr std::size_t longest = 2047;
  machine::BootSpec boot;
  boot.kernel_arguments = arguments_of(options);
  const auto length = machine::kernel_command_line(machine, boot).size();
  return length <= longest
             ? Status()
             : fail(Failure::usage,
                    "cannot boot with this --append: the command line has {} bytes, a kernel reads {}",
                    length, longest);
}

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

/// Says nothing when the kernel is in the cache: stderr is the program's.
Task<Result<kernel::Kernel>> kernel_for(Globals& globals, const Places& places, const std::string& name,
                                        Arch arch, Progress& progress) {
  auto variant = kernel::load_variant(places.images, name, arch);
  if (!variant) {
    co_return variant.error();
  }
  const auto builder = builder_options(places, 0);
  auto found = co_await kernel::find_built(*variant, builder);
  if (!found) {
    co_return found.error();
  }
  if (*found) {
    co_return std::move(**found);
  }
  std::vector<kernel::Variant> missing = {std::move(*variant)};
  auto built = co_await build_kernels(std::move(missing), builder, progress, globals.interrupt);
  co_return built ? Result<kernel::Kernel>(std::move(built->front())) : Result<kernel::Kernel>(built.error());
}

/// Consoles of programs and shells of which only the latest are of interest.
void keep_latest(const fs::path& folder) {
  std::vector<fs::path> all;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    all.push_back(entry.path());
  }
  std::ranges::sort(all, std::greater<>());  // names begin with the time
  for (std::size_t old = kept_consoles; old < all.size(); ++old) {
    fs::remove_all(all[old], error);
  }
}

/// results/exec/<time>-<what>-<random>/, for the console and the machine.
Result<fs::path> new_folder(const Places& places, const std::string& what) {
  if (auto made = make_results(places); !made) {
    return made.error();
  }
  keep_latest(places.results / "exec");
  auto folder = places.results / "exec" / new_run_id(what);
  if (auto made = make_directories(folder); !made) {
    return made.error();
  }
  return folder;
}

machine::BootSpec boot_of(const fs::path& folder, const fs::path& sockets) {
  machine::BootSpec boot;
  boot.guest = folder.filename().string();
  boot.console_log = folder / "console.log";
  boot.swap_disk = folder / "swap";
  boot.channel_socket = sockets / (sha256(folder.string()).substr(0, 12) + ".sock");
  return boot;
}

}  // namespace

void add_guest_options(CLI::App& verb, GuestOptions& options) {
  takes(verb.add_option(
            "-k,--kernel", options.kernel,
            "a variant of images/kernels or a path to a .toml; debian:6.12; a path to a bzImage or to a "
            "folder with a kernel: of a build (O=), /boot, lib/modules/RELEASE"),
        named("KERNEL"))
      ->required();
  takes(verb.add_option("--arch", options.arch, "of the guest (default: what the variant is for)"),
        one_of({"x86_64", "sparc64"}));
  takes(verb.add_option(
            "--memory", options.memory,
            "of the guest, from 64M on; a kernel that has less than 512M beside its own share begins without "
            "transparent huge pages"),
        size(least_memory))
      ->capture_default_str();
  takes(verb.add_option("--swap", options.swap, "a disk of this size, /dev/vda, to swap to (default: none)"),
        size(mib(1)));
  takes(verb.add_option("--vcpus", options.vcpus, "of the guest (default: 2, on sparc64 1)"),
        whole_number(1, most_vcpus));
  takes(verb.add_option("--accel", options.accel, "what runs the guest"), one_of({"auto", "kvm", "tcg"}))
      ->capture_default_str();
  takes(verb.add_option("--append", options.kernel_arguments,
                        "more for the kernel's command line; may be repeated"),
        printable_text("TEXT"))
      ->allow_extra_args(false);
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

Result<Arch> guest_arch(const GuestOptions& options, const Places& places) {
  if (!options.arch.empty()) {
    return parse_arch(options.arch);
  }
  auto arches = kernel::arches_of(places.images, options.kernel);
  if (!arches) {
    return arches.error();
  }
  const bool native = arches->empty() || std::ranges::find(*arches, Arch::x86_64) != arches->end();
  return native ? Arch::x86_64 : arches->front();
}

Task<Result<PreparedGuest>> prepare_guest(Globals& globals, const Places& places, GuestOptions options,
                                          std::string what, Progress& progress) {
  const auto arch = guest_arch(options, places);
  auto machine = arch ? machine_of(options, *arch) : Result<machine::MachineSpec>(arch.error());
  if (!machine) {
    co_return machine.error();
  }
  if (auto fits = fits_here(globals, machine->memory, "the guest"); !fits) {
    co_return fits.error();
  }
  if (auto fits = check_command_line(options, *machine); !fits) {
    co_return fits.error();
  }
  auto kernel = co_await kernel_for(globals, places, options.kernel, *arch, progress);
  if (!kernel) {
    co_return kernel.error();
  }
  if (!options.modules.empty() && kernel->modules.empty()) {
    co_return fail(Failure::usage, "cannot bring module {} along: {} has no modules", options.modules.front(),
                   options.kernel);
  }
  auto content = image::content_for(*kernel);
  content.modules.names = options.modules;
  content.config = kernel->config;
  auto agent = image::agent_image(places.agent_files(*arch), content);
  const auto folder = agent ? new_folder(places, what) : Result<fs::path>(agent.error());
  if (!agent || !folder) {
    co_return (agent ? folder.error() : agent.error());
  }
  if (!globals.quiet && !agent->note.empty()) {
    progress.on_note(agent->note);
  }
  fs::path proof_kernel;
  fs::path proof_initramfs;
  if (*arch == Arch::x86_64) {
    proof_kernel = kernel->image;
    proof_initramfs = agent->initramfs;
  }
  auto hypervisor = co_await connect(globals, places, std::move(proof_kernel), std::move(proof_initramfs));
  if (!hypervisor) {
    co_return hypervisor.error();
  }
  if (machine->accel == machine::Accel::automatic) {
    const auto choice = co_await (*hypervisor)->choose_accel(*arch);
    machine->accel = choice.accel;
  }
  auto boot = boot_of(*folder, (*hypervisor)->socket_folder());
  boot.kernel = kernel->image;
  boot.initramfs = agent->initramfs;
  boot.kernel_arguments = arguments_of(options);
  guest::Spec spec{std::move(*machine), std::move(boot)};
  if (auto kept = guest::keep_machine(*folder, spec); !kept) {
    co_return kept.error();
  }
  PreparedGuest prepared{std::move(*hypervisor), std::move(spec), std::move(*kernel), std::move(*agent)};
  co_return prepared;
}

Task<Result<GuestProgramEnd>> run_guest_program(Globals& globals, const Places& places, GuestOptions options,
                                                std::string what, program::Request request,
                                                program::Streams& streams) {
  using namespace asio::experimental::awaitable_operators;
  const auto name = options.kernel;
  const auto wished_memory = options.memory;
  const auto arguments = arguments_of(options);
  const auto memory = experiment::parse_mebibytes(options.memory, least_memory);
  if (!memory) {
    co_return memory.error().within("understand --memory");
  }
  // Held until the guest has them.
  auto read = co_await (program::read_ahead(request.files, *memory) || globals.interrupt.wait());
  if (auto* const spools = std::get_if<0>(&read); spools == nullptr || !*spools) {
    co_return spools == nullptr ? fail(Failure::interrupted, "interrupted") : spools->error();
  }
  Display display(globals.quiet);
  auto prepared = co_await prepare_guest(globals, places, std::move(options), std::move(what), display);
  if (!prepared) {
    co_return prepared.error();
  }
  const auto console = prepared->spec.boot.console_log;
  request.on_hello = [&](const link::Hello& hello) {
    if (!globals.quiet && lacks_huge_pages(hello, prepared->kernel, arguments)) {
      display.on_note(
          fmt::format("with --memory {} the kernel begins without transparent huge pages: it has less than "
                      "512 MiB beside its own share",
                      wished_memory));
    }
  };
  auto ran = co_await program::run_in_guest(*prepared->hypervisor, std::move(prepared->spec),
                                            globals.interrupt, std::move(request), streams);
  auto closed = co_await prepared->hypervisor->close();
  if (!ran) {
    co_return ran.error().kind() == Failure::boot ? ran.error().within("boot " + name) : ran.error();
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
