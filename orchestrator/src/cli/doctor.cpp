// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/files.hpp"
#include "base/process.hpp"
#include "cli/display.hpp"
#include "cli/verb.hpp"
#include "kernel/toolchain.hpp"
#include "kernel/variant_load.hpp"
#include "run/host.hpp"
#include "run/kernels.hpp"
#include "trial/scheduler.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>
#include <vector>

namespace assay::cli {
namespace {

using Tool = kernel::BuildProgram;

enum class Health : std::uint8_t { good, note, bad };

/// Prints one line per thing looked at and remembers whether something is missing.
class Diagnosis {
 public:
  explicit Diagnosis(bool colour) : colour_(colour) {}

  void say(Health health, std::string_view what, std::string_view state, std::string_view advice = "") {
    const char* mark = health == Health::good ? "ok  " : health == Health::note ? "note" : "BAD ";
    const char* code = health == Health::good ? "32" : health == Health::note ? "33" : "31";
    const auto shown_mark = colour_ ? fmt::format("\x1b[{}m{}\x1b[0m", code, mark) : std::string(mark);
    print(fmt::format("{}  {:<23} {}\n", shown_mark, what, state));
    if (!advice.empty()) {
      print(fmt::format("{:31}-> {}\n", "", advice));
    }
    bad_ = bad_ || health == Health::bad;
  }
  [[nodiscard]] bool bad() const { return bad_; }

 private:
  bool colour_;
  bool bad_ = false;
};

/// What only some of the work needs.
Task<> look_at_further_tools(Diagnosis& diagnosis) {
  constexpr std::array further{
      Tool{"qemu-system-sparc64", "qemu-system-sparc", "runs sparc64 guests"},
      Tool{"sparc64-linux-gnu-gcc", "gcc-sparc64-linux-gnu", "builds kernels for sparc64"},
      Tool{"ld.lld-19", "clang-19 lld-19 llvm-19", "links kernels of the flavour clang"},
      Tool{"busybox", "busybox-static", "is what assay shell runs"},
      Tool{"gdb", "gdb", "is what assay gdb runs"},
      Tool{"gdb-multiarch", "gdb-multiarch", "is what assay gdb runs for sparc64"},
      Tool{"ccache", "ccache", "spares kernel builds what was compiled before"},
  };
  for (const auto& tool : further) {
    if (find_program(tool.name).empty()) {
      diagnosis.say(Health::note, tool.name, fmt::format("not found; it {}", tool.purpose),
                    fmt::format("apt install {}", tool.package));
      continue;
    }
    std::string version = "found";
    if (std::string_view(tool.name) != "busybox") {  // it has no --version
      version = co_await run::version_line(tool.name);
    }
    diagnosis.say(Health::good, tool.name, version);
  }
}

Task<> look_at_tools(Diagnosis& diagnosis) {
  std::vector<Tool> needed{
      {"qemu-system-x86_64", "qemu-system-x86", "runs x86-64 guests"},
      {"xz", "xz-utils", "unpacks kernel sources"},
  };
  std::ranges::copy(kernel::build_programs(), std::back_inserter(needed));
  for (const auto& tool : needed) {
    if (find_program(tool.name).empty()) {
      diagnosis.say(Health::bad, tool.name, fmt::format("not found; it {}", tool.purpose),
                    fmt::format("apt install {}", tool.package));
      continue;
    }
    const auto version = co_await run::version_line(tool.name);
    diagnosis.say(Health::good, tool.name, version);
  }
  co_await look_at_further_tools(diagnosis);
  const fs::path firmware = "/usr/share/qemu/qboot.rom";
  std::error_code error;
  if (fs::exists(firmware, error)) {
    diagnosis.say(Health::good, "qboot firmware", firmware.string());
  } else {
    diagnosis.say(Health::bad, "qboot firmware", firmware.string() + " is not there",
                  "apt install qemu-system-data");
  }
}

void look_at_parts(Diagnosis& diagnosis, const Places& places) {
  for (const auto& part : places.parts) {
    if (is_there(part)) {
      diagnosis.say(Health::good, part.what, shown(part.path));
    } else {
      diagnosis.say(Health::bad, part.what, part.path.string() + " is not there", run::how_to_get_parts);
    }
  }
}

void look_at_room(Diagnosis& diagnosis, const Places& places) {
  constexpr auto for_kernels = gib(4);
  if (auto room = free_space(places.cache); room) {
    const bool enough = *room >= for_kernels;
    diagnosis.say(
        enough ? Health::good : Health::bad, "cache",
        fmt::format("{}, {} free", shown(places.cache), human(*room)),
        enough ? ""
               : "kernel builds need about " + human(for_kernels) + ": free some, or set XDG_CACHE_HOME");
  } else {
    diagnosis.say(Health::bad, "cache", room.error().text());
  }
  if (auto room = free_space(places.results); room) {
    const bool enough = *room >= mib(512);
    diagnosis.say(enough ? Health::good : Health::note, "results",
                  fmt::format("{}, {} free", shown(places.results), human(*room)),
                  enough ? "" : "long runs write hundreds of MiB: use --results elsewhere");
  }
  const auto capacity = trial::host_capacity();
  diagnosis.say(capacity.memory >= gib(1) ? Health::good : Health::note, "cores and memory",
                fmt::format("{} guests at once, {} for them{}", capacity.guests, human(capacity.memory),
                            capacity.limited_by.empty() ? "" : ": limited by " + capacity.limited_by));
}

Task<> look_at_kernels(Diagnosis& diagnosis, const Places& places) {
  std::size_t built = 0;
  std::size_t all = 0;
  for (const auto& name : kernel::variant_names(places.images)) {
    const auto arches = kernel::arches_of(places.images, name);
    if (!arches) {
      diagnosis.say(Health::bad, "variant " + name, arches.error().text());
      continue;
    }
    for (const auto arch : *arches) {
      const auto variant = kernel::load_variant(places.images, name, arch);
      auto found = co_await kernel::find_built(*variant, run::builder_options(places, 0));
      ++all;
      if (!found) {
        const auto& source = variant->source;
        diagnosis.say(Health::bad, "variant " + name, found.error().text(),
                      source.kind == kernel::SourceKind::debian ? "apt install " + source.where : "");
        break;
      }
      built += *found ? 1 : 0;
    }
  }
  diagnosis.say(Health::good, "kernels",
                fmt::format("{} of {} are built (variants, for each of their architectures)", built, all));
}

/// Any built kernel: KVM is proven by booting it.
Task<fs::path> some_kernel(const Places& places) {
  for (const auto& name : kernel::variant_names(places.images)) {
    const auto variant = kernel::load_variant(places.images, name, Arch::x86_64);
    if (!variant) {
      continue;
    }
    auto found = co_await kernel::find_built(*variant, run::builder_options(places, 0));
    if (found && *found) {
      co_return (**found).image;
    }
  }
  co_return fs::path();
}

Task<> look_at_libvirt(Diagnosis& diagnosis, Globals& globals, const Places& places) {
  auto agent = image::agent_image(places.agent_files(Arch::x86_64), {});
  if (!agent) {
    diagnosis.say(Health::bad, "libvirt", agent.error().text());
    co_return;
  }
  const auto kernel = co_await some_kernel(places);
  Display display(globals);
  const auto session = globals.session(places, display);
  run::Proof proof;
  proof.kernel = kernel;
  proof.initramfs = agent->initramfs;
  auto hypervisor = co_await run::connect(session, std::move(proof));
  if (!hypervisor) {
    diagnosis.say(Health::bad, "libvirt", hypervisor.error().text());
    co_return;
  }
  diagnosis.say(Health::good, "libvirt", globals.connect.empty() ? "embedded QEMU driver" : globals.connect);
  const auto choice = co_await (*hypervisor)->choose_accel(Arch::x86_64);
  const bool kvm = choice.accel == machine::Accel::kvm;
  diagnosis.say(kvm ? Health::good : Health::note, "KVM", (kvm ? "proven: " : "not used: ") + choice.why,
                kvm ? "" : "guests run under TCG: verdicts are the same, trials take longer");
  if (auto closed = co_await (*hypervisor)->close(); !closed) {
    diagnosis.say(Health::note, "libvirt", closed.error().text());
  }
}

Task<Result<ExitCode>> doctor_verb(Globals& globals, bool only_parts) {
  auto places = globals.places();
  if (!places) {
    co_return places.error();
  }
  if (only_parts) {
    for (const auto& part : places->parts) {
      print_exactly(part.path.string() + "\n");
    }
    co_return ExitCode::all_hold;
  }
  Diagnosis diagnosis(globals.colour);
  look_at_parts(diagnosis, *places);
  co_await look_at_tools(diagnosis);
  look_at_room(diagnosis, *places);
  co_await look_at_kernels(diagnosis, *places);
  co_await look_at_libvirt(diagnosis, globals, *places);
  co_return diagnosis.bad() ? ExitCode::infrastructure : ExitCode::all_hold;
}

}  // namespace

void add_doctor(CLI::App& app, Globals& globals, Action& chosen) {
  auto* verb =
      app.add_subcommand("doctor", "look at QEMU, libvirt, KVM, compilers, disk and memory; say what to do");
  auto only_parts = std::make_shared<bool>(false);
  verb->add_flag("--parts", *only_parts,
                 "only print which files beside the program it opens while it runs, there or not");
  verb->callback([&globals, &chosen, only_parts] {
    chosen = [&globals, only_parts] { return doctor_verb(globals, *only_parts); };
  });
}

}  // namespace assay::cli
