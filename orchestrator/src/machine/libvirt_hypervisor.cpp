// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/files.hpp"
#include "machine/accel.hpp"
#include "machine/cpu_pin.hpp"
#include "machine/disks.hpp"
#include "machine/embedded_root.hpp"
#include "machine/event_loop.hpp"
#include "machine/hypervisor.hpp"
#include "machine/libvirt_guest.hpp"
#include "machine/libvirt_handles.hpp"
#include "machine/pool.hpp"
#include "machine/reaper.hpp"
#include "machine/stop_news.hpp"

#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>

namespace assay::machine {
namespace {

constexpr auto connect_limit = std::chrono::seconds(60);
constexpr auto create_limit =
    std::chrono::minutes(4);  // the first use of a QEMU binary probes it: 80 s were seen on a loaded host
constexpr auto close_limit = std::chrono::seconds(15);
constexpr std::size_t pool_threads = 4;
constexpr std::size_t longest_socket_path = 107;

/// Tries again while the name is taken: libvirt needs a moment to see that a guest of that name was
/// destroyed. Only its words tell this error from others of its code (virDomainObjListAddLocked() in
/// src/conf/virdomainobjlist.c, 9.0).
virDomainPtr start_domain(virConnectPtr connection, const std::string& xml, unsigned flags) {
  constexpr auto patience = std::chrono::seconds(2);
  const auto end = Clock::now() + patience;
  while (true) {
    virDomainPtr domain = virDomainCreateXML(connection, xml.c_str(), flags);
    const bool taken =
        domain == nullptr && virGetLastErrorCode() == VIR_ERR_OPERATION_FAILED &&
        std::string_view(virGetLastErrorMessage()).find("already exists") != std::string_view::npos;
    if (!taken || Clock::now() > end) {
      return domain;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // on a thread of the pool
  }
}

class LibvirtHypervisor final : public Hypervisor {
 public:
  LibvirtHypervisor(LibvirtOptions options, std::shared_ptr<EmbeddedRoot> root)
      : options_(std::move(options)), root_(std::move(root)), pool_(std::make_unique<Pool>(pool_threads)) {}
  LibvirtHypervisor(const LibvirtHypervisor&) = delete;
  LibvirtHypervisor& operator=(const LibvirtHypervisor&) = delete;
  LibvirtHypervisor(LibvirtHypervisor&&) = delete;
  LibvirtHypervisor& operator=(LibvirtHypervisor&&) = delete;
  ~LibvirtHypervisor() override {
    forget_libvirt_events();
    // Calls that overran their deadline may never return: the program does not wait for them.
    if (root_) {
      root_->kill_leftovers();
    }
    if (!pool_->idle()) {
      (void)pool_.release();  // NOLINT(bugprone-unused-return-value): joining would wait for libvirt for ever
    }
  }

  Task<Status> open() {
    const auto uri = root_ ? root_->uri() : options_.uri;
    auto call = [uri]() -> Result<Connection> {
      const CpuPin pin;
      virConnectPtr connection = virConnectOpen(uri.c_str());
      if (connection == nullptr) {
        return libvirt_error(fmt::format("connect to libvirt at {}", uri));
      }
      return Connection(connection, virConnectClose);
    };
    auto connected =
        co_await while_reaping(on_pool(*pool_, connect_limit, "connecting to libvirt", std::move(call)));
    if (!connected) {
      co_return connected.error();
    }
    connection_ = std::move(*connected);
    if (!root_) {
      // Event callbacks only where QEMU is not our own child: there its pidfd says the same at once.
      virConnectDomainEventRegisterAny(connection_.get(), nullptr, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                       VIR_DOMAIN_EVENT_CALLBACK(StopNews::on_event), &news_, nullptr);
    }
    co_return Status();
  }

  Task<Result<std::unique_ptr<Guest>>> create(MachineSpec machine, BootSpec boot) override {
    if (machine.accel == Accel::automatic) {
      machine.accel = (co_await choose_accel(machine.arch)).accel;
    }
    if (boot.channel_socket.native().size() > longest_socket_path) {
      co_return fail(Failure::infrastructure,
                     "cannot create guest {}: the path of its channel socket is longer than {} bytes: {}",
                     boot.guest, longest_socket_path, boot.channel_socket.string());
    }
    DiskFiles disks;
    if (auto made = disks.make(disks_of(machine, boot)); !made) {
      co_return made.error().within(fmt::format("create guest {}", boot.guest));
    }
    // Gone when nobody waits for the guest any more: then nobody else would ever end it.
    const auto wanted = std::make_shared<const std::monostate>();
    const unsigned flags = boot.debugging == Debugging::stopped ? VIR_DOMAIN_START_PAUSED : VIR_DOMAIN_NONE;
    auto call = [connection = connection_, xml = domain_xml(machine, boot, machine.accel), flags,
                 interest = std::weak_ptr(wanted)]() -> Result<Domain> {
      virDomainPtr domain = start_domain(connection.get(), xml, flags);
      if (domain == nullptr) {
        return libvirt_error("create the guest");
      }
      if (interest.expired()) {
        virDomainDestroy(domain);
      }
      // The domain holds the connection: libvirt counts references itself, our shared_ptr keeps its closing
      // in order.
      return Domain(domain, [connection](virDomainPtr old) { virDomainFree(old); });
    };
    const auto name = domain_name(boot.guest);
    auto domain = co_await while_reaping(
        on_pool(*pool_, create_limit, "creating guest " + boot.guest, std::move(call)));
    if (!domain) {
      co_return domain.error();
    }
    co_return create_libvirt_guest(home(), std::move(*domain), qemu_pid(name), boot.channel_socket,
                                   root_ ? root_->path() / "log/qemu" / (name + ".log") : fs::path());
  }

  Task<Result<std::string>> command_line(std::string xml) override {
    auto call = [connection = connection_, xml = std::move(xml)]() -> Result<std::string> {
      char* line = virConnectDomainXMLToNative(connection.get(), "qemu-argv", xml.c_str(), 0);
      if (line == nullptr) {
        return libvirt_error("turn the domain XML into a QEMU command line");
      }
      std::string text(line);
      std::free(line);  // NOLINT(cppcoreguidelines-no-malloc): libvirt's contract
      return text;
    };
    return while_reaping(on_pool(*pool_, create_limit, "asking for the QEMU command line", std::move(call)));
  }

  Task<AccelChoice> choose_accel(Arch arch) override {
    auto known = choices_.find(arch);
    if (known == choices_.end()) {
      auto choice = co_await decide_accel(*this, arch, options_);
      known = choices_.insert_or_assign(arch, std::move(choice)).first;
    }
    co_return known->second;
  }

  [[nodiscard]] const fs::path& socket_folder() const override {
    return root_ ? root_->sockets() : options_.state_directory;
  }

  Task<Status> close() override {
    if (!connection_) {
      co_return Status();
    }
    auto call = [connection = std::exchange(connection_, nullptr)]() mutable -> Status {
      connection.reset();
      return {};
    };
    auto closed = co_await on_pool(*pool_, close_limit, "closing the libvirt connection", std::move(call));
    if (auto settled = co_await while_reaping(settle()); !settled) {
      co_return settled.error();
    }
    co_return closed;
  }

 private:
  GuestHome home() {
    return {*pool_, connection_, [this](std::string uuid) { return news_.wait(std::move(uuid)); }};
  }

  /// A create() that was given up ends its guest itself, if it is given the time.
  Task<Result<bool>> settle() {
    for (const auto end = Clock::now() + close_limit; !pool_->idle() && Clock::now() < end;) {
      co_await pause_for(std::chrono::milliseconds(20));
    }
    co_return pool_->idle();
  }

  [[nodiscard]] std::optional<int> qemu_pid(const std::string& name) const {
    if (!root_) {
      return std::nullopt;
    }
    const auto text = read_file(root_->path() / "run/qemu" / (name + ".pid"));
    const int pid = text ? std::atoi(text->c_str()) : 0;
    return pid > 1 ? std::optional(pid) : std::nullopt;
  }

  LibvirtOptions options_;
  std::shared_ptr<EmbeddedRoot> root_;  // the process's, see prepare_embedded()
  std::unique_ptr<Pool> pool_;
  Connection connection_;
  StopNews news_;
  std::map<Arch, AccelChoice> choices_;
};

/// libvirt prints errors and warnings to stderr unless it is told not to; our errors carry its text, the rest
/// goes to a file (or where the user's own LIBVIRT_LOG_OUTPUTS says).
void keep_quiet(const std::optional<fs::path>& log) {
  virSetErrorFunc(nullptr, [](void* /*data*/, virErrorPtr /*error*/) {});
  if (log) {
    ::setenv("LIBVIRT_LOG_OUTPUTS", fmt::format("3:file:{}", log->string()).c_str(), 0);
  }
}

/// libvirt starts its embedded driver once per process and leaves it on its first root for good
/// (virStateInitialize() in src/libvirt.c, 9.0): so all our connections share that root, and it goes when the
/// process ends.
Result<std::shared_ptr<EmbeddedRoot>> prepare_embedded(LibvirtOptions& options) {
  static std::shared_ptr<EmbeddedRoot> of_process;
  // The driver looks its usual user up before it reads our qemu.conf, which names another
  // (virQEMUDriverConfigNew() in src/qemu/qemu_conf.c, 9.0).
  if (::geteuid() == 0 && ::getpwnam("libvirt-qemu") == nullptr) {
    return fail(Failure::infrastructure,
                "cannot use libvirt's embedded driver: the user libvirt-qemu does not exist; apt install "
                "libvirt-daemon-system");
  }
  if (options.state_directory.empty()) {
    options.state_directory = default_state_directory();
  }
  sweep_orphans(options.state_directory);
  if (!of_process) {
    auto root = EmbeddedRoot::create(options.state_directory, options.cache_directory);
    if (!root) {
      return root.error();
    }
    of_process = std::move(*root);
  }
  return of_process;
}

}  // namespace

Task<Result<std::unique_ptr<Hypervisor>>> connect_libvirt(LibvirtOptions options) {
  // QEMU daemonises: as its subreaper this process can wait for it instead of polling.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  std::shared_ptr<EmbeddedRoot> root;
  if (options.uri.empty()) {
    auto prepared = prepare_embedded(options);
    if (!prepared) {
      co_return prepared.error();
    }
    root = std::move(*prepared);
  } else if (options.state_directory.empty()) {
    options.state_directory = default_state_directory();
    if (auto made = make_directories(options.state_directory); !made) {
      co_return made.error();
    }
  }
  keep_quiet(root ? std::optional(root->path() / "libvirt.log") : std::nullopt);
  if (virInitialize() != 0) {
    co_return libvirt_error("initialise libvirt");
  }
  use_for_libvirt(co_await asio::this_coro::executor);
  auto hypervisor = std::make_unique<LibvirtHypervisor>(std::move(options), std::move(root));
  if (auto opened = co_await hypervisor->open(); !opened) {
    co_return opened.error();
  }
  co_return Result<std::unique_ptr<Hypervisor>>(std::move(hypervisor));
}

}  // namespace assay::machine
