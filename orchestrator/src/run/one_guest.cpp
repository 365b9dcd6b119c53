// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/one_guest.hpp"

#include "base/files.hpp"
#include "experiment/machine_reader.hpp"
#include "guest/folder.hpp"
#include "image/room.hpp"
#include "kernel/debug_sources.hpp"
#include "kernel/variant_load.hpp"
#include "run/host.hpp"
#include "run/kernels.hpp"
#include "run/unseen.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace assay::run {
namespace {

constexpr std::size_t kept_consoles = 100;

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

/// Patched files go into the guest's folder.
Task<Result<std::vector<fs::path>>> sources_for(Session& session, const GuestWish& wish, Arch arch,
                                                const fs::path& folder) {
  if (wish.debugging == machine::Debugging::none) {
    co_return std::vector<fs::path>();
  }
  auto variant = kernel::load_variant(session.places.images, wish.kernel, arch);
  if (!variant) {
    co_return variant.error();
  }
  auto& progress = session.progress;
  const kernel::ProgressSink show = [&progress](const kernel::BuildProgress& news) {
    progress.on_build(news);
  };
  co_return co_await kernel::debug_sources(std::move(*variant), builder_options(session.places, 0),
                                           folder / "source", show);
}

}  // namespace

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

Result<machine::MachineSpec> machine_of(const GuestWish& wish, const Places& places) {
  const auto arch = guest_arch(wish, places);
  if (!arch) {
    return arch.error();
  }
  machine::MachineSpec machine;
  machine.name = "exec";
  machine.arch = *arch;
  machine.memory = usual_memory;
  Mistakes mistakes("");
  TableReader reader(wish.machine, {}, "the machine", mistakes);
  experiment::read_machine(reader, machine, mistakes);
  return mistakes.none() ? Result<machine::MachineSpec>(std::move(machine))
                         : Result<machine::MachineSpec>(mistakes.error().within("boot such a machine"));
}

Task<Result<PreparedGuest>> prepare_guest(Session& session, GuestWish wish, std::string what) {
  auto machine = machine_of(wish, session.places);
  if (!machine) {
    co_return machine.error();
  }
  const auto arch = machine->arch;
  if (auto fits = fits_here(session, machine->whole_memory(), "the guest"); !fits) {
    co_return fits.error();
  }
  if (auto fits = image::fits_into(machine->memory, wish.programs); !fits) {
    co_return fits.error().within(fmt::format("boot with {} of memory", human(machine->memory)));
  }
  if (const auto note = qemu_options_note(*machine, "the guest's machine"); !note.empty()) {
    session.progress.on_note(note);
  }
  auto kernel = co_await kernel_for(session, wish.kernel, arch);
  if (!kernel) {
    co_return kernel.error();
  }
  auto notes = unseen_by(*kernel, "this guest", *machine, "its machine");
  if (!notes) {
    co_return notes.error();
  }
  if (!wish.modules.empty() && kernel->modules.empty()) {
    co_return fail(Failure::usage, "cannot bring module {} along: {} has no modules", wish.modules.front(),
                   wish.kernel);
  }
  auto content = image::content_for(*kernel);
  content.modules.names = wish.modules;
  content.config = kernel->config;
  content.programs = std::move(wish.programs);
  auto agent = image::agent_image(session.places.agent_files(arch), content);
  const auto folder = agent ? new_folder(session, what) : Result<fs::path>(agent.error());
  if (!agent || !folder) {
    co_return (agent ? folder.error() : agent.error());
  }
  if (!agent->note.empty()) {
    notes->push_back(agent->note);
  }
  const auto proof = arch == Arch::x86_64 ? Proof{kernel->image, agent->initramfs} : Proof();
  auto hypervisor = co_await connect(session, proof);
  if (!hypervisor) {
    co_return hypervisor.error();
  }
  auto decided = co_await guest::decided(**hypervisor, std::move(*machine));
  if (wish.debugging != machine::Debugging::none && kernel->vmlinux.empty()) {
    co_return fail(
        Failure::usage,
        "cannot debug {}: it is built already, and its vmlinux is not here; name the folder of its "
        "build, or a variant file with `prebuilt` and `vmlinux`",
        wish.kernel);
  }
  guest::Boots boots{kernel->image, agent->initramfs, {}, {}, wish.debugging};
  const auto home = guest::home_in(folder->filename().string(), *folder, (*hypervisor)->socket_folder());
  auto spec = guest::spec_of(std::move(decided), std::move(boots), home);
  if (auto kept = guest::keep_machine(*folder, spec); !kept) {
    co_return kept.error();
  }
  auto sources = co_await sources_for(session, wish, arch, *folder);
  if (!sources) {
    co_return sources.error();
  }
  PreparedGuest prepared{std::move(*hypervisor), std::move(spec),   std::move(*kernel),
                         std::move(*agent),      std::move(*notes), std::move(*sources)};
  co_return prepared;
}

}  // namespace assay::run
