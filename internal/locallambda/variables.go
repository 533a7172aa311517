package locallambda

import (
	"fmt"
	"maps"
	"os"
	"strconv"
)

// reserved are the variables that a function's configuration may not set. Those of
// credentials are missing: Lambda sets them from the function's role, and here
// there is none.
func reserved() []string {
	return []string{
		"_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV",
		"AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION",
		"AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME",
		"AWS_LAMBDA_MAX_CONCURRENCY", "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
	}
}

const (
	onDemand         = "on-demand"
	managedInstances = "lambda-managed-instances"
)

func (o *Options) initializationType() string {
	if o.managed() {
		return managedInstances
	}
	return onDemand
}

// extensionVariables are what the processes of an environment see in common: an
// extension sees no more.
func (e *environment) extensionVariables() map[string]string {
	o := e.options()
	variables := make(map[string]string)
	for _, key := range append([]string{"PATH", "HOME"}, o.Inherit...) {
		if value, found := os.LookupEnv(key); found {
			variables[key] = value
		}
	}
	maps.Copy(variables, o.Env)
	if o.EachEnv != nil {
		maps.Copy(variables, o.EachEnv(e.serial))
	}
	maps.Copy(variables, map[string]string{
		"AWS_LAMBDA_RUNTIME_API":          e.address,
		"AWS_LAMBDA_FUNCTION_NAME":        o.Name,
		"AWS_LAMBDA_FUNCTION_VERSION":     o.Version,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": strconv.Itoa(o.Memory),
		"AWS_LAMBDA_INITIALIZATION_TYPE":  o.initializationType(),
		"AWS_REGION":                      o.Region,
		"AWS_DEFAULT_REGION":              o.Region,
	})
	if _, set := variables["TZ"]; !set {
		variables["TZ"] = ":UTC"
	}
	return variables
}

// runtimeVariables are what the runtime and the handler see. The runtime itself
// sets _X_AMZN_TRACE_ID, from a header of each invocation.
func (e *environment) runtimeVariables() map[string]string {
	o := e.options()
	variables := e.extensionVariables()
	maps.Copy(variables, map[string]string{
		"_HANDLER":                   o.Handler,
		"LAMBDA_TASK_ROOT":           o.Dir,
		"LAMBDA_RUNTIME_DIR":         o.Dir,
		"AWS_LAMBDA_LOG_GROUP_NAME":  o.logGroup(),
		"AWS_LAMBDA_LOG_STREAM_NAME": e.logStream,
	})
	if o.ExecutionEnv != "" {
		variables["AWS_EXECUTION_ENV"] = o.ExecutionEnv
	}
	if o.managed() {
		variables["AWS_LAMBDA_MAX_CONCURRENCY"] = strconv.Itoa(o.EnvironmentConcurrency)
	}
	return variables
}

func (o *Options) logGroup() string { return "/aws/lambda/" + o.Name }

// logStream names the log stream of one environment.
func (o *Options) logStream() string {
	return fmt.Sprintf("%s/[%s]%s", now().UTC().Format("2006/01/02"), o.Version, hexadecimal(16))
}
