# In place of the profiler that the Ruby client loads beside its reporter of crashes.
module StackProf
end
