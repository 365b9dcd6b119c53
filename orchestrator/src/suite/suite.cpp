// SPDX-License-Identifier: GPL-2.0-or-later
#include "suite/suite.hpp"

#include "base/files.hpp"
#include "base/text.hpp"
#include "kernel/source_find.hpp"
#include "kernel/source_git.hpp"
#include "kernel/variant_load.hpp"
#include "machine/hypervisor.hpp"
#include "program/exit_code.hpp"
#include "program/guest_run.hpp"
#include "run/kernels.hpp"
#include "run/looks.hpp"
#include "run/one_guest.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace assay::suite {
namespace {

/// What run_vmtests.sh takes for granted. A guest has busybox, bash and the suite.
constexpr std::string_view start_script = R"(#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes a guest what run_vmtests.sh takes for granted, and runs one category of it.
/bin/busybox --install -s /bin 2>/dev/null
# It is root, and uses sudo to be somebody else.
cat >/bin/sudo <<'END'
#!/bin/sh
[ "$1" = -u ] || exec "$@"
user=$2
shift 2
exec su -s /bin/sh "$user" -c "$*"
END
chmod 755 /bin/sudo
mount -t tmpfs tmpfs /tmp
echo 1 >/proc/sys/vm/unprivileged_userfaultfd
mkswap /dev/vda >/dev/null && swapon /dev/vda
ulimit -c 0
cd /selftests/mm && exec ./run_vmtests.sh -t "$1"
)";

/// The script's output, read as it comes.
class ReadOutput final : public program::Streams {
 public:
  explicit ReadOutput(OutputReader& reader) : reader_(reader) {}
  Status begin() override { return {}; }
  Task<Result<bool>> write(link::Stream /*stream*/, std::string_view bytes) override {
    reader_.feed(bytes);
    co_return true;
  }
  void on_news(std::function<void()> /*wake*/) override {}
  std::optional<Input> input() override { return std::nullopt; }
  std::optional<link::TerminalSize> resized() override { return std::nullopt; }
  [[nodiscard]] bool left() const override { return false; }
  [[nodiscard]] Status trouble() const override { return {}; }

 private:
  OutputReader& reader_;
};

/// One connection for all guests: libvirt's embedded driver has room for few in a process.
class Borrowed final : public machine::Hypervisor {
 public:
  explicit Borrowed(machine::Hypervisor& owner) : owner_(owner) {}
  Task<Result<std::unique_ptr<machine::Guest>>> create(machine::MachineSpec machine,
                                                       machine::BootSpec boot) override {
    return owner_.create(std::move(machine), std::move(boot));
  }
  Task<Result<std::string>> command_line(std::string xml) override {
    return owner_.command_line(std::move(xml));
  }
  Task<AccelChoice> choose_accel(Arch arch) override { return owner_.choose_accel(arch); }
  [[nodiscard]] const fs::path& socket_folder() const override { return owner_.socket_folder(); }
  Task<Status> close() override { co_return Status(); }

 private:
  machine::Hypervisor& owner_;
};

/// What the script would have run in a category and did not come to.
void add_those_left(const std::vector<Planned>& planned, const Programs& programs, std::string_view ended,
                    CategoryRun& run) {
  const auto ran = [&](const Planned& test) {
    const bool is_known = test.name.find('$') == std::string::npos;
    return std::ranges::any_of(run.tests, [&](const TestEnd& end) {
      return is_known ? end.name == test.name : end.name.starts_with(test.program);
    });
  };
  for (const auto& test : planned) {
    if (test.category != run.category || test.program.empty() || ran(test)) {
      continue;
    }
    std::string why = "run_vmtests.sh leaves it out here";
    if (!is_there(programs.folder / test.program)) {
      why = test.program.ends_with("_32")
                ? "not built: gcc makes no 32-bit programs; apt install gcc-multilib"
                : "not built";
    } else if (!ended.empty()) {
      why = ended;
    }
    run.tests.push_back({test.name, End::not_run, std::move(why), {}});
  }
}

/// Says of programs that were not there why.
void explain_missing(const Programs& programs, CategoryRun& run) {
  for (auto& test : run.tests) {
    const auto program = test.name.substr(0, test.name.find(' '));
    const auto missing = std::ranges::find(programs.not_built, program, &NotBuilt::program);
    if (test.end == End::not_run && missing != programs.not_built.end()) {
      test.reason = "not built: " + missing->why;
    }
  }
}

class SuiteRun {
 public:
  SuiteRun(const run::Session& session, Wish wish)
      : session_(session), wish_(std::move(wish)), connect_(session.connect) {
    session_.connect = [this](machine::LibvirtOptions options) { return borrow(std::move(options)); };
  }

  Task<Result<Outcome>> carry_out() {
    outcome_.names = wish_.names;
    auto prepared = co_await prepare();
    if (!prepared || wish_.only_list) {
      co_return prepared ? Result<Outcome>(std::move(outcome_)) : prepared.error();
    }
    session_.progress.stop_means("the guest is being destroyed");
    auto ran = co_await run_all();
    if (!ran) {
      co_return ran.error();
    }
    co_return std::move(outcome_);
  }

 private:
  Task<Status> prepare() {
    std::vector<kernel::Variant> variants;
    for (const auto& name : wish_.kernels) {
      auto variant = kernel::load_variant(session_.places.images, name, Arch::x86_64);
      if (!variant) {
        co_return variant.error();
      }
      variants.push_back(std::move(*variant));
    }
    auto source = co_await test_source(variants.back());
    if (!source) {
      co_return source.error();
    }
    session_.progress.stop_means("the compiler is being stopped");
    const auto say = [this](std::string_view text) { session_.progress.on_note(text); };
    auto programs = co_await build_programs(session_.places.cache / "suites", std::move(*source),
                                            session_.interrupt, say);
    if (!programs) {
      co_return programs.error();
    }
    outcome_.programs = std::move(*programs);
    if (auto read = read_script(); !read || wish_.only_list) {
      co_return read;
    }
    auto kernels = co_await kernels_of(std::move(variants));
    if (!kernels) {
      co_return kernels.error();
    }
    outcome_.same_kernel = kernels->size() == 2 && kernels->front().id == kernels->back().id;
    co_return note_lacking(kernels->back());
  }

  /// Says nothing of those in the cache.
  Task<Result<std::vector<kernel::Kernel>>> kernels_of(std::vector<kernel::Variant> variants) {
    const auto options = run::builder_options(session_.places, 0);
    std::vector<kernel::Kernel> kernels;
    for (const auto& variant : variants) {
      auto found = co_await kernel::find_built(variant, options);
      if (!found) {
        co_return found.error();
      }
      if (*found) {
        kernels.push_back(std::move(**found));
      }
    }
    if (kernels.size() == variants.size()) {
      co_return kernels;
    }
    co_return co_await run::build_kernels(std::move(variants), options, session_.progress,
                                          session_.interrupt);
  }

  Task<Result<TestSource>> test_source(kernel::Variant variant) {
    TestSource tests;
    tests.patches = variant.patches;
    Result<kernel::SourceInput> source = Error();
    if (wish_.tree) {
      source = co_await kernel::freeze_directory(*wish_.tree, session_.places.kernels(), true);
    } else {
      source = co_await kernel::find_source(std::move(variant), run::builder_options(session_.places, 0));
    }
    if (!source) {
      co_return source.error();
    }
    if (source->kind == kernel::SourceKind::prebuilt) {
      co_return fail(Failure::usage, "a kernel that is built already brings no tests; name its --tree");
    }
    tests.source = std::move(*source);
    co_return tests;
  }

  Status read_script() {
    const auto text = read_file(outcome_.programs.folder / "run_vmtests.sh");
    if (!text) {
      return text.error();
    }
    outcome_.planned = planned_tests(*text);
    const auto known = categories_of(outcome_.planned);
    for (const auto& name : wish_.categories) {
      if (std::ranges::find(known, name) == known.end()) {
        return fail(Failure::usage, "run_vmtests.sh of this source has no category \"{}\"{}; there is {}",
                    name, did_you_mean(name, known), listed(known));
      }
    }
    if (wish_.categories.empty()) {
      wish_.categories = known;
    }
    std::erase_if(outcome_.planned, [&](const Planned& test) {
      return std::ranges::find(wish_.categories, test.category) == wish_.categories.end();
    });
    return {};
  }

  Status note_lacking(const kernel::Kernel& kernel) {
    const auto wanted = read_file(outcome_.programs.folder / "config");
    const auto got = kernel.config.empty() ? Result<std::string>(std::string()) : read_file(kernel.config);
    if (!wanted || !got || got->empty()) {
      return {};
    }
    const auto asked = kernel::parse_config("config", *wanted);
    const auto has = kernel::parse_config("config", *got);
    if (asked && has) {
      outcome_.lacking = kernel::dropped_options(*asked, *has);
    }
    return {};
  }

  Task<Status> run_all() {
    using namespace asio::experimental::awaitable_operators;
    auto first = co_await (run_categories() || run::keep_fresh(session_.progress));
    session_.progress.clear();
    Status closed;
    if (hypervisor_) {
      closed = co_await hypervisor_->close();
    }
    auto ran = std::get<0>(std::move(first));
    co_return ran ? closed : ran;
  }

  Task<Result<std::unique_ptr<machine::Hypervisor>>> borrow(machine::LibvirtOptions options) {
    using Owned = std::unique_ptr<machine::Hypervisor>;
    if (!hypervisor_) {
      auto connected = co_await connect_(std::move(options));
      if (!connected) {
        co_return connected.error();
      }
      hypervisor_ = std::move(*connected);
    }
    co_return Owned(std::make_unique<Borrowed>(*hypervisor_));
  }

  Task<Status> run_categories() {
    const auto sides = wish_.kernels.size();
    session_.progress.begin_work("categories", wish_.categories.size(), 0);
    for (const auto& category : wish_.categories) {
      for (unsigned trial = 0; trial < wish_.trials; ++trial) {
        for (std::size_t side = 0; side < sides; ++side) {
          // A B B A: a drift of the host falls on both sides.
          const auto turn = trial % 2 == 0 ? side : sides - 1 - side;
          auto ran = co_await run_category(category, turn, trial);
          if (!ran) {
            co_return ran;
          }
        }
        if (sides == 2 && !may_differ(compared(outcome_.base, outcome_.head), category)) {
          break;
        }
      }
      session_.progress.work_done();
    }
    co_return Status();
  }

  [[nodiscard]] Result<run::GuestWish> guest_wish(const std::string& kernel) {
    const auto start = session_.places.cache / "suites/start";
    if (auto written = write_file(start, start_script); !written) {
      return written.error();
    }
    fs::permissions(start, fs::perms::owner_all);
    auto files = files_for_guest(outcome_.programs, start);
    if (!files) {
      return files.error();
    }
    run::GuestWish guest;
    guest.kernel = kernel;
    guest.arch = "x86_64";
    guest.machine.insert("memory", wish_.memory);
    guest.machine.insert("swap", "512M");
    guest.machine.insert("nodes", 2);
    guest.machine.insert("accel", wish_.accel);
    guest.programs = std::move(*files);
    return guest;
  }

  Task<Status> run_category(std::string category, std::size_t side, unsigned trial) {
    trial::GuestJob job;
    job.variant = wish_.names[side];
    job.machine = "a guest";
    job.repeat = trial;
    session_.progress.on_phase(0, job, run::Progress::Phase::running, category);
    auto guest = guest_wish(wish_.kernels[side]);
    if (!guest) {
      co_return guest.error();
    }
    auto prepared = co_await run::prepare_guest(session_, std::move(*guest), "mm-" + category);
    if (!prepared) {
      co_return prepared.error();
    }
    program::Request request;
    request.program.arguments = {std::string(guest_start), category};
    request.program.environment = {"PATH=/sbin:/bin:/usr/sbin:/usr/bin", "HOME=/root", "TERM=dumb"};
    request.program.timeout_ns = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(wish_.timeout).count());
    request.program.merged = true;
    OutputReader reader;
    ReadOutput streams(reader);
    auto ran = co_await program::run_in_guest(*prepared->hypervisor, std::move(prepared->spec),
                                              session_.interrupt, std::move(request), streams);
    session_.progress.on_slot_free(0);
    if (!ran) {
      co_return ran.error().within("run " + category);
    }
    CategoryRun run{std::move(category), {}};
    note_ends(*ran, reader, run);
    (side == 0 ? outcome_.base : outcome_.head).push_back(std::move(run));
    co_return Status();
  }

  void note_ends(const program::GuestRun& ran, OutputReader& reader, CategoryRun& run) const {
    std::string ended;
    if (ran.died) {
      ended = "the guest died: " + one_line(ran.died->why);
    } else if (ran.program.how != link::ProgramEnd::exited) {
      ended = one_line(program::end_text(ran.program));
    }
    run.tests = reader.finish(ended.empty() ? "it was cut off" : ended);
    if (run.tests.empty() && ended.empty()) {
      ended = fmt::format("run_vmtests.sh ended with {} before any test", ran.program.code);
    }
    add_those_left(outcome_.planned, outcome_.programs, ended, run);
    explain_missing(outcome_.programs, run);
    for (const auto& report : ran.findings) {
      // Titles name CPU, process and line: only the fingerprint is the same in the next run.
      TestEnd finding{"kernel: " + report.fingerprint, End::failed, one_line(report.title), {}, true};
      if (std::ranges::find(run.tests, finding.name, &TestEnd::name) != run.tests.end()) {
        continue;
      }
      for (const auto line : split(report.text, '\n')) {
        finding.text.emplace_back(line);
      }
      run.tests.push_back(std::move(finding));
    }
  }

  run::Session session_;  ///< whose connect() lends what is connected already
  Wish wish_;
  run::Connect connect_;
  std::unique_ptr<machine::Hypervisor> hypervisor_;
  Outcome outcome_;
};

}  // namespace

Task<Result<Outcome>> run_suite(run::Session& session, Wish wish) {
  SuiteRun run(session, std::move(wish));
  co_return co_await run.carry_out();
}

}  // namespace assay::suite
