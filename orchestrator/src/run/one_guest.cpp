// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/one_guest.hpp"

#include "base/files.hpp"
#include "experiment/machine_sizes.hpp"
#include "guest/folder.hpp"
#include "image/room.hpp"
#include "kernel/variant_load.hpp"
#include "run/host.hpp"
#include "run/kernels.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace assay::run {
namespace {

constexpr unsigned default_vcpus = 2;
constexpr std::size_t kept_consoles = 100;

Result<machine::MachineSpec> machine_of(const GuestWish& wish, Arch arch) {
  auto memory = experiment::parse_mebibytes(wish.memory, least_memory);
  if (!memory) {
    return memory.error().within("understand --memory");
  }
  auto swap = wish.swap.empty() ? Result<Bytes>(Bytes(0)) : experiment::parse_mebibytes(wish.swap, mib(1));
  if (!swap) {
    return swap.error().within("understand --swap");
  }
  machine::MachineSpec machine;
  machine.name = "exec";
  machine.arch = arch;
  machine.memory = *memory;
  machine.swap = *swap;
  machine.vcpus = wish.vcpus.value_or(arch == Arch::sparc64 ? 1 : default_vcpus);
  machine.accel = wish.accel == "kvm"   ? machine::Accel::kvm
                  : wish.accel == "tcg" ? machine::Accel::tcg
                                        : machine::Accel::automatic;
  const unsigned most = arch == Arch::sparc64 ? 1 : most_vcpus;  // QEMU's sun4u has one
  if (machine.vcpus == 0 || machine.vcpus > most) {
    return fail(Failure::usage, "--vcpus {} is not between 1 and {}, what a {} guest has", machine.vcpus,
                most, name_of(arch));
  }
  machine.nodes = wish.nodes;
  if (auto fits = experiment::check_nodes(machine); !fits) {
    return fits.error().within("understand --nodes");
  }
  return machine;
}

/// A kernel cuts its command line off in silence (COMMAND_LINE_SIZE of both architectures, with the NUL).
Status check_command_line(const GuestWish& wish, const machine::MachineSpec& machine) {
  constexpr std::size_t longest = 2047;
  const auto spec = guest::spec_of(machine, {{}, {}, wish.arguments(), {}}, {});
  const auto length = machine::kernel_command_line(spec.machine, spec.boot).size();
  return length <= longest
             ? Status()
             : fail(Failure::usage,
                    "cannot boot with this --append: the command line has {} bytes, a kernel reads {}",
                    length, longest);
}

/// Says nothing when the kernel is in the cache: stderr is the program's.
Task<Result<kernel::Kernel>> kernel_for(Session& session, const std::string& name, Arch arch) {
  auto variant = kernel::load_variant(session.places.images, name, arch);
  if (!variant) {
    co_return variant.error();
  }
  const auto builder = builder_options(session.places, 0);
  auto found = co_await kernel::find_built(*variant, builder);
  if (!found) {
    co_return found.error();
  }
  if (*found) {
    co_return std::move(**found);
  }
  std::vector<kernel::Variant> missing = {std::move(*variant)};
  auto built = co_await build_kernels(std::move(missing), builder, session.progress, session.interrupt);
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
Result<fs::path> new_folder(const Session& session, const std::string& what) {
  const auto& places = session.places;
  if (auto made = make_results(places, [&](std::string_view text) { session.progress.on_note(text); });
      !made) {
    return made.error();
  }
  keep_latest(places.results / "exec");
  auto folder = places.results / "exec" / new_run_id(what);
  if (auto made = make_directories(folder); !made) {
    return made.error();
  }
  return folder;
}

}  // namespace

std::string GuestWish::arguments() const { return fmt::to_string(fmt::join(kernel_arguments, " ")); }

Result<Arch> guest_arch(const GuestWish& wish, const Places& places) {
  if (!wish.arch.empty()) {
    return parse_arch(wish.arch);
  }
  auto arches = kernel::arches_of(places.images, wish.kernel);
  if (!arches) {
    return arches.error();
  }
  const bool native = arches->empty() || std::ranges::find(*arches, Arch::x86_64) != arches->end();
  return native ? Arch::x86_64 : arches->front();
}

Task<Result<PreparedGuest>> prepare_guest(Session& session, GuestWish wish, std::string what) {
  const auto arch = guest_arch(wish, session.places);
  auto machine = arch ? machine_of(wish, *arch) : Result<machine::MachineSpec>(arch.error());
  if (!machine) {
    co_return machine.error();
  }
  if (auto fits = fits_here(session, machine->memory, "the guest"); !fits) {
    co_return fits.error();
  }
  if (auto fits = check_command_line(wish, *machine); !fits) {
    co_return fits.error();
  }
  if (auto fits = image::fits_into(machine->memory, wish.programs); !fits) {
    co_return fits.error().within(fmt::format("boot with --memory {}", wish.memory));
  }
  auto kernel = co_await kernel_for(session, wish.kernel, *arch);
  if (!kernel) {
    co_return kernel.error();
  }
  if (!wish.modules.empty() && kernel->modules.empty()) {
    co_return fail(Failure::usage, "cannot bring module {} along: {} has no modules", wish.modules.front(),
                   wish.kernel);
  }
  auto content = image::content_for(*kernel);
  content.modules.names = wish.modules;
  content.config = kernel->config;
  content.programs = std::move(wish.programs);
  auto agent = image::agent_image(session.places.agent_files(*arch), content);
  const auto folder = agent ? new_folder(session, what) : Result<fs::path>(agent.error());
  if (!agent || !folder) {
    co_return (agent ? folder.error() : agent.error());
  }
  const auto proof = *arch == Arch::x86_64 ? Proof{kernel->image, agent->initramfs} : Proof();
  auto hypervisor = co_await connect(session, proof);
  if (!hypervisor) {
    co_return hypervisor.error();
  }
  auto decided = co_await guest::decided(**hypervisor, std::move(*machine));
  guest::Boots boots{kernel->image, agent->initramfs, wish.arguments(), {}};
  const auto home = guest::home_in(folder->filename().string(), *folder, (*hypervisor)->socket_folder());
  auto spec = guest::spec_of(std::move(decided), std::move(boots), home);
  if (auto kept = guest::keep_machine(*folder, spec); !kept) {
    co_return kept.error();
  }
  PreparedGuest prepared{std::move(*hypervisor), std::move(spec), std::move(*kernel), std::move(*agent)};
  co_return prepared;
}

}  // namespace assay::run
