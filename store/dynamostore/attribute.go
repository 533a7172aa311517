package dynamostore

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/recloser-dev/recloser/internal/item"
)

// attributes returns the values as the SDK writes them.
func attributes(m item.Map) map[string]types.AttributeValue {
	all := make(map[string]types.AttributeValue, len(m))
	for name, v := range m {
		all[name] = attribute(v)
	}
	return all
}

func attribute(v item.Value) types.AttributeValue {
	switch v := v.(type) {
	case item.String:
		return &types.AttributeValueMemberS{Value: string(v)}
	case item.Number:
		return &types.AttributeValueMemberN{Value: string(v)}
	case item.Set:
		return &types.AttributeValueMemberSS{Value: v}
	case item.Map:
		return &types.AttributeValueMemberM{Value: attributes(v)}
	default:
		return &types.AttributeValueMemberNULL{Value: true}
	}
}

// values returns an item as the SDK has read it, two levels deep: no record is
// deeper.
func values(m map[string]types.AttributeValue) item.Map {
	all := make(item.Map, len(m))
	for name, v := range m {
		if inner, ok := v.(*types.AttributeValueMemberM); ok {
			level := make(item.Map, len(inner.Value))
			for name, v := range inner.Value {
				level[name] = value(v)
			}
			all[name] = level
			continue
		}
		all[name] = value(v)
	}
	return all
}

func value(v types.AttributeValue) item.Value {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return item.String(v.Value)
	case *types.AttributeValueMemberN:
		return item.Number(v.Value)
	case *types.AttributeValueMemberSS:
		return item.Set(v.Value)
	default:
		return item.Other{}
	}
}
