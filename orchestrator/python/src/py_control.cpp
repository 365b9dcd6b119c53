// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/text.hpp"
#include "engine.hpp"
#include "job.hpp"
#include "py_native.hpp"
#include "run/places.hpp"

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace assay::python {
namespace {

using Item = std::pair<const char*, py::dict>;

py::list list_of(const std::vector<trial::MetricInfo>& metrics) {
  py::list list;
  for (const auto& metric : metrics) {
    list.append(py::make_tuple(metric.id, printable(metric.name), printable(metric.unit)));
  }
  return list;
}

/// The fields of a trial in `assay show --json`.
py::dict trial_dict(const trial::TrialRecord& record) {
  py::dict dict;
  dict["variant"] = printable(record.key.variant);
  dict["machine"] = printable(record.key.machine);
  dict["workload"] = printable(record.key.workload);
  dict["repeat"] = record.key.repeat;
  dict["seed"] = record.seed;
  dict["outcome"] = std::string(name_of(record.outcome));
  dict["reason"] = printable(record.reason);
  dict["measured_ns"] = record.measured.count();
  dict["wall_ns"] = record.wall.count();
  dict["attempts"] = record.attempts;
  dict["dropped_frames"] = record.dropped_frames;
  dict["dropped_samples"] = record.dropped_samples;
  dict["kernel_id"] = printable(record.kernel_id);
  dict["folder"] = printable(record.folder);
  py::dict counters;
  for (const auto& counter : record.counters) {
    counters[py::str(printable(counter.name))] = counter.value;
  }
  py::list checks;
  for (const auto& check : record.checks) {
    checks.append(py::dict(py::arg("name") = printable(check.name), py::arg("ok") = check.ok,
                           py::arg("detail") = printable(check.detail)));
  }
  py::list findings;
  for (const auto& finding : record.findings) {
    findings.append(py::dict(py::arg("title") = printable(finding.title),
                             py::arg("fingerprint") = printable(finding.fingerprint),
                             py::arg("text") = printable(finding.text)));
  }
  dict["counters"] = counters;
  dict["checks"] = checks;
  dict["findings"] = findings;
  return dict;
}

/// A batch as arrays that own it: values of shape (metrics, times).
py::dict batch_dict(trial::SampleBatch&& batch) {
  const auto rows = static_cast<py::ssize_t>(batch.metrics.size());
  const auto columns = static_cast<py::ssize_t>(batch.times.size());
  py::dict dict;
  dict["metrics"] = batch.metrics;
  dict["time_ns"] = array_owning(std::move(batch.times));
  dict["values"] = array_owning(std::move(batch.values)).reshape({rows, columns});
  return dict;
}

struct ToPython {
  Item operator()(const news::Build& news) const {
    return {"build",
            py::dict(py::arg("variant") = printable(news.variant), py::arg("text") = printable(news.text))};
  }
  Item operator()(const news::Planned& news) const {
    return {"planned", py::dict(py::arg("trials") = news.trials, py::arg("done") = news.done)};
  }
  Item operator()(const news::Phase& news) const {
    return {"phase", py::dict(py::arg("slot") = news.slot, py::arg("variant") = printable(news.variant),
                              py::arg("machine") = printable(news.machine), py::arg("repeat") = news.repeat,
                              py::arg("phase") = news.phase, py::arg("workload") = printable(news.workload))};
  }
  Item operator()(const news::Trial& news) const { return {"trial", trial_dict(news.record)}; }
  Item operator()(const news::Note& news) const {
    return {"note", py::dict(py::arg("text") = printable(news.text))};
  }
  Item operator()(const news::Ready& news) const {
    const auto& hello = news.hello;
    return {"ready", py::dict(py::arg("agent") = printable(hello.agent),
                              py::arg("kernel_release") = printable(hello.kernel_release),
                              py::arg("kernel_version") = printable(hello.kernel_version),
                              py::arg("arch") = printable(hello.arch), py::arg("page_size") = hello.page_size,
                              py::arg("cpus") = hello.cpus, py::arg("memory") = hello.memory,
                              py::arg("console") = printable(news.console))};
  }
  Item operator()(const news::Metrics& news) const {
    return {"metrics", py::dict(py::arg("metrics") = list_of(news.metrics))};
  }
  Item operator()(news::Samples& news) const { return {"samples", batch_dict(std::move(news.batch))}; }
  Item operator()(const news::Event& news) const {
    const auto& event = news.event;
    return {"event", py::dict(py::arg("time_ns") = event.time_ns, py::arg("name") = printable(event.name),
                              py::arg("detail") = printable(event.detail), py::arg("value") = event.value)};
  }
  Item operator()(const news::Failed& news) const {
    return {"failed", py::dict(py::arg("kind") = static_cast<int>(news.error.kind()),
                               py::arg("text") = printable(news.error.text()))};
  }
};

toml::table table_of(const py::dict& fields);

std::int64_t whole_number(const py::handle& value) {
  try {
    return value.cast<std::int64_t>();
  } catch (const py::cast_error&) {
    throw Raised(fail(Failure::usage, "cannot pass {} to a guest: it has more than 64 bits",
                      py::repr(value).cast<std::string>()));
  }
}

/// Where a value goes, whatever its type is. (Lambdas would be a new type, and a new with_toml(), at each
/// depth.)
struct IntoTable {
  toml::table& table;
  std::string key;
  template <class T>
  void operator()(T value) const {
    table.insert(key, std::move(value));
  }
};
struct IntoArray {
  toml::array& array;
  template <class T>
  void operator()(T value) const {
    array.push_back(std::move(value));
  }
};

/// Calls `keep` with the value as TOML has it. Raises UsageError for what it has not.
template <class Keep>
void with_toml(const py::handle& value, const Keep& keep) {
  if (py::isinstance<py::bool_>(value)) {
    keep(value.cast<bool>());
  } else if (py::isinstance<py::int_>(value)) {
    keep(whole_number(value));
  } else if (py::isinstance<py::float_>(value)) {
    keep(value.cast<double>());
  } else if (py::isinstance<py::str>(value)) {
    keep(value.cast<std::string>());
  } else if (py::isinstance<py::list>(value) || py::isinstance<py::tuple>(value)) {
    toml::array array;
    for (const auto& one : value) {
      with_toml(one, IntoArray{array});
    }
    keep(std::move(array));
  } else if (py::isinstance<py::dict>(value)) {
    keep(table_of(value.cast<py::dict>()));
  } else {
    throw Raised(fail(Failure::usage, "cannot pass {} to a guest: write a number, True, False or a text",
                      py::repr(value).cast<std::string>()));
  }
}

toml::table table_of(const py::dict& fields) {
  toml::table table;
  for (const auto& [key, value] : fields) {
    with_toml(value, IntoTable{table, key.cast<std::string>()});
  }
  return table;
}

/// A job as Python holds it; one that nobody holds any more is cancelled.
class JobHandle {
 public:
  explicit JobHandle(std::shared_ptr<Job> job) : job_(std::move(job)) {}
  explicit JobHandle(GuestJob guest) : job_(guest.job), guest_(std::move(guest)) {}
  JobHandle(const JobHandle&) = delete;
  JobHandle& operator=(const JobHandle&) = delete;
  JobHandle(JobHandle&&) = delete;
  JobHandle& operator=(JobHandle&&) = delete;
  ~JobHandle() {
    if (!job_->finished() && !Engine::of_process().is_forked()) {
      cancel(job_);
    }
  }

  py::object take() {
    auto news = job_->take();
    if (!news) {
      return py::none();
    }
    const auto [kind, fields] = std::visit(ToPython{}, *news);
    return py::make_tuple(kind, fields);
  }

  /// In slices: a signal may come to another thread than the one that waits here.
  [[nodiscard]] bool wait(double seconds) const {
    constexpr int slice_ms = 100;
    const auto until =
        Clock::now() + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
    while (true) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
      pollfd news{job_->fd(), POLLIN, 0};
      int ready = 0;
      {
        const py::gil_scoped_release others_may_run;
        ready = ::poll(&news, 1, static_cast<int>(std::clamp<long long>(left, 0, slice_ms)));
      }
      if (PyErr_CheckSignals() != 0) {
        throw py::error_already_set();
      }
      if (ready > 0 || left <= 0) {
        return ready > 0;
      }
    }
  }

  [[nodiscard]] bool finished() const { return job_->finished(); }
  [[nodiscard]] std::string end() const { return value_or_raise(job_->end()); }
  void stop() const { cancel(job_); }
  void add(const py::dict& wish) const { order(guest_, table_of(wish)); }
  void let_go() const { release(guest_); }

 private:
  std::shared_ptr<Job> job_;
  GuestJob guest_;
};

void refuse_forked() {
  if (Engine::of_process().is_forked()) {
    throw Raised(
        fail(Failure::usage,
             "cannot boot guests in a forked process: the one it comes from has them; start a new one "
             "(multiprocessing: \"spawn\")"));
  }
}

std::unique_ptr<JobHandle> new_run(const py::dict& wish) {
  refuse_forked();
  const auto text = [&](const char* name) { return wish[name].cast<std::string>(); };
  RunWish run;
  run.experiment = text("experiment");
  run.results = text("results");
  run.connect = text("connect");
  run.settings = value_or_raise(experiment::settings_from(text("settings")));
  run.resume = wish["resume"].cast<bool>();
  return std::make_unique<JobHandle>(start_run(std::move(run)));
}

std::unique_ptr<JobHandle> new_guest(const py::dict& wish) {
  refuse_forked();
  const auto text = [&](const char* name) { return wish[name].cast<std::string>(); };
  GuestWish guest;
  guest.kernel = text("kernel");
  guest.arch = text("arch");
  guest.machine = table_of(wish["machine"].cast<py::dict>());
  guest.results = text("results");
  guest.connect = text("connect");
  return std::make_unique<JobHandle>(start_guest(std::move(guest)));
}

/// The keys of all settings of a run.
std::vector<std::string> run_settings() {
  std::vector<std::string> keys;
  for (const auto& setting : experiment::run_settings()) {
    keys.emplace_back(setting.key);
  }
  return keys;
}

std::string results_folder(const std::string& results) {
  return value_or_raise(run::find_places(results, program_folder())).results.string();
}

bool wait_idle(double seconds) {
  const py::gil_scoped_release others_may_run;
  return Engine::of_process().wait_idle(
      std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds)));
}

}  // namespace

void add_control(py::module_& module) {
  py::class_<JobHandle>(module, "Job")
      .def("take", &JobHandle::take)
      .def("wait", &JobHandle::wait, py::arg("seconds"))
      .def_property_readonly("finished", &JobHandle::finished)
      .def("end", &JobHandle::end)
      .def("cancel", &JobHandle::stop)
      .def("order", &JobHandle::add, py::arg("wish"))
      .def("release", &JobHandle::let_go);
  module.def("start_run", &new_run, py::arg("wish"));
  module.def("run_settings", &run_settings);
  module.def("start_guest", &new_guest, py::arg("wish"));
  module.def("results_folder", &results_folder, py::arg("results"));
  module.def("wait_idle", &wait_idle, py::arg("seconds"));
}

}  // namespace assay::python
